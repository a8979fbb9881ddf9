package hands

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cloudfronttypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"

	"tillwatch/shared/aws/fault"
)

// invalidate has a distribution fetch everything anew.
func (h *Hands) invalidate(ctx context.Context, t try) (before, after string, err error) {
	d, err := h.CloudFront.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &t.target.Name})
	if err != nil {
		return "", "", fault.Wrap("read distribution "+t.target.Name, err)
	}
	before = fmt.Sprintf("%s, %s, %d invalidations under way", aws.ToString(d.Distribution.DomainName),
		strings.ToLower(aws.ToString(d.Distribution.Status)), aws.ToInt32(d.Distribution.InProgressInvalidationBatches))
	if !t.Live {
		return before, "an invalidation of /*", nil
	}
	out, err := h.CloudFront.CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{
		DistributionId: &t.target.Name,
		InvalidationBatch: &cloudfronttypes.InvalidationBatch{
			CallerReference: aws.String("tillwatch-" + t.token()),
			Paths:           &cloudfronttypes.Paths{Quantity: aws.Int32(1), Items: []string{"/*"}},
		},
	})
	if err != nil {
		return before, "", fault.Wrap("invalidate distribution "+t.target.Name, err)
	}
	return before, fmt.Sprintf("invalidation %s of /*, %s", aws.ToString(out.Invalidation.Id), strings.ToLower(aws.ToString(out.Invalidation.Status))), nil
}

// reboot empties a cluster by rebooting all of its nodes.
func (h *Hands) reboot(ctx context.Context, t try) (before, after string, err error) {
	out, err := h.ElastiCache.DescribeCacheClusters(ctx, &elasticache.DescribeCacheClustersInput{
		CacheClusterId: &t.target.Name, ShowCacheNodeInfo: aws.Bool(true),
	})
	if err != nil {
		return "", "", fault.Wrap("read cluster "+t.target.Name, err)
	}
	if len(out.CacheClusters) != 1 {
		return "", "", fmt.Errorf("read cluster %s: %d clusters", t.target.Name, len(out.CacheClusters))
	}
	c := out.CacheClusters[0]
	var nodes []string
	for _, n := range c.CacheNodes {
		nodes = append(nodes, aws.ToString(n.CacheNodeId))
	}
	status := aws.ToString(c.CacheClusterStatus)
	before = fmt.Sprintf("%s, %s, nodes %s", aws.ToString(c.Engine), status, strings.Join(nodes, ", "))
	switch {
	case status != "available":
		return before, "", fmt.Errorf("cluster %s is %s, want available", t.target.Name, status)
	case len(nodes) == 0:
		return before, "", nothing("cluster %s has no nodes", t.target.Name)
	}
	after = "nodes " + strings.Join(nodes, ", ") + " rebooted, and empty"
	if !t.Live {
		return before, after, nil
	}
	_, err = h.ElastiCache.RebootCacheCluster(ctx, &elasticache.RebootCacheClusterInput{CacheClusterId: &t.target.Name, CacheNodeIdsToReboot: nodes})
	return before, after, fault.Wrap("reboot cluster "+t.target.Name, err)
}
