// Package remedy says what may be done about an alert before people are called:
// an action on a target, both written by people in the alert policy.
//
//	disk_space_cleanup      s3://bucket/prefix/   delete what is old below a temporary prefix
//	                        lambda:name           give the function new environments, with an empty /tmp
//	connection_pool_reset   lambda:name           the same, with new connections
//	                        ssm:Document          run an Automation document, such as one for an RDS Proxy
//	cache_invalidation      lambda:name           the same, with empty caches
//	                        cloudfront:ID         invalidate every path of the distribution
//	                        elasticache:ID        reboot the cluster's nodes, which empties them
//	pipeline_restart        file                  judge the file that the alert names again
//	                        states:name           redrive the execution that failed last, else start it anew
//	                        glue:job              run the job again as in its last run, which failed
//	scaling_trigger         lambda:name           double the reserved concurrency
//	                        lambda:name:alias     double the provisioned concurrency
//	                        dynamodb:table        double the provisioned capacity
//	                        kinesis:stream        double the shards
//	configuration_rollback  lambda:name:alias     point the alias at the version before
//	                        contract              put back the version before of the alert's dataset's contract,
//	                        contract:dataset      or of that dataset's, and judge the alert's files again
//
// Nothing else can be written, so that nothing else can happen. Who carries an
// action out is in shared/aws/hands, when it is tried in shared/incident.
package remedy

import (
	"slices"
	"time"
)

// The actions.
const (
	DiskSpaceCleanup      = "disk_space_cleanup"
	ConnectionPoolReset   = "connection_pool_reset"
	CacheInvalidation     = "cache_invalidation"
	PipelineRestart       = "pipeline_restart"
	ScalingTrigger        = "scaling_trigger"
	ConfigurationRollback = "configuration_rollback"
)

// Actions are all actions.
var Actions = []string{DiskSpaceCleanup, ConnectionPoolReset, CacheInvalidation, PipelineRestart, ScalingTrigger, ConfigurationRollback}

// kinds are the kinds of target that each action takes.
var kinds = map[string][]Kind{
	DiskSpaceCleanup:      {Prefix, Function},
	ConnectionPoolReset:   {Function, Document},
	CacheInvalidation:     {Function, Distribution, Cache},
	PipelineRestart:       {File, Machine, Job},
	ScalingTrigger:        {Function, Alias, Table, Stream},
	ConfigurationRollback: {Alias, Contract},
}

// Kinds returns the kinds of target that an action takes, none for an action
// that does not exist.
func Kinds(action string) []Kind { return slices.Clone(kinds[action]) }

// A Remedy is one action that a rule allows on one target.
type Remedy struct {
	Action string
	// Target is the text of a Target.
	Target string
	// Live says that it is really done; otherwise it is a dry run, which says
	// what it would do and never counts as having worked.
	Live bool
	// Verify is how long the signal has to clear, 10 minutes if 0.
	Verify time.Duration
	// CoolDown is the time after a try in which the same action is not tried on
	// the same target. It is never less than LooksBack, how far back the
	// detector looks: until then its signal fires on for what is long mended.
	CoolDown, LooksBack time.Duration
	// Attempts is how often it may be tried in one incident, 1 if 0.
	Attempts int
	// Most is what scaling_trigger never goes beyond: executions at once, units
	// of capacity or shards.
	Most int
	// OlderThan is the age from which disk_space_cleanup deletes an object, 24
	// hours if 0.
	OlderThan time.Duration
}

// Key names the remedy's action and target, the two that are locked together.
func (r Remedy) Key() string { return r.Action + " " + r.Target }

// Within is how long the signal has to clear.
func (r Remedy) Within() time.Duration {
	if r.Verify <= 0 {
		return 10 * time.Minute
	}
	return r.Verify
}

// Tries is how often it may be tried in one incident.
func (r Remedy) Tries() int { return max(1, r.Attempts) }

// Rest is how long the target is left alone after a try.
func (r Remedy) Rest() time.Duration { return max(r.CoolDown, r.LooksBack) }

// Age is how old an object must be to be deleted; never less than MinAge.
func (r Remedy) Age() time.Duration {
	if r.OlderThan <= 0 {
		return 24 * time.Hour
	}
	return max(r.OlderThan, MinAge)
}

// MinAge is the least age of an object that is deleted: what is younger may be
// in use.
const MinAge = time.Hour
