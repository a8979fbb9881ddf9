package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// storage is where things are kept: what others write, what we write and are
// configured by, who read either, and our state.
type storage struct {
	landing, results, access awss3.Bucket
	table                    awsdynamodb.Table
}

func newStorage(stack awscdk.Stack, p Props, key awskms.IKey) storage {
	scope := constructs.NewConstruct(stack, jsii.String("Storage"))
	access := newBucket(scope, "AccessLogs", p, awss3.BucketProps{
		// The log service of S3 can only write where S3's own key is used.
		Encryption: awss3.BucketEncryption_S3_MANAGED,
		LifecycleRules: &[]*awss3.LifecycleRule{
			expire("old-access-logs", "", 90),
		},
	})
	landing := newBucket(scope, "Landing", p, awss3.BucketProps{
		// S3's own key: whoever brings files from elsewhere needs no right to a key of ours.
		Encryption:             awss3.BucketEncryption_S3_MANAGED,
		ServerAccessLogsBucket: access,
		ServerAccessLogsPrefix: jsii.String("landing/"),
		LifecycleRules: &[]*awss3.LifecycleRule{
			replaced("replaced-files", 90),
		},
	})
	// On the bucket itself and not with EventBridgeEnabled, which sets it with a
	// custom resource: one function fewer to deploy, run and pay for.
	landing.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)},
	})
	results := newBucket(scope, "Results", p, awss3.BucketProps{
		Encryption:             awss3.BucketEncryption_KMS,
		EncryptionKey:          key,
		BucketKeyEnabled:       jsii.Bool(true),
		ServerAccessLogsBucket: access,
		ServerAccessLogsPrefix: jsii.String("results/"),
		LifecycleRules: &[]*awss3.LifecycleRule{
			expire("old-quarantine", "quarantine/", p.QuarantineDays),
			expire("old-reports", "reports/", 400),
			expire("old-work", "work/", 3), // what the steps of large files leave to each other
			replaced("replaced-results", 90),
		},
	})
	table := awsdynamodb.NewTable(scope, jsii.String("Table"), &awsdynamodb.TableProps{
		PartitionKey:        &awsdynamodb.Attribute{Name: jsii.String("pk"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:             &awsdynamodb.Attribute{Name: jsii.String("sk"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:         awsdynamodb.BillingMode_PAY_PER_REQUEST,
		TimeToLiveAttribute: jsii.String("ttl"),
		Encryption:          awsdynamodb.TableEncryption_AWS_MANAGED,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		DeletionProtection: &p.Retain,
		RemovalPolicy:      p.removal(),
	})
	return storage{landing, results, access, table}
}

// newBucket makes a bucket that is private, versioned, reached over TLS alone
// and kept or removed as the settings say.
func newBucket(scope constructs.Construct, id string, p Props, props awss3.BucketProps) awss3.Bucket {
	props.Versioned = jsii.Bool(true)
	props.EnforceSSL = jsii.Bool(true)
	props.MinimumTLSVersion = jsii.Number(1.2)
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	props.RemovalPolicy = p.removal()
	return awss3.NewBucket(scope, &id, &props)
}

// expire removes objects under a prefix after some days, and what is left of
// them, and uploads that were given up, after a week more.
func expire(id, prefix string, days int) *awss3.LifecycleRule {
	rule := &awss3.LifecycleRule{
		Id:                                  &id,
		Expiration:                          awscdk.Duration_Days(jsii.Number(days)),
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(7)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
	}
	if prefix != "" {
		rule.Prefix = &prefix
	}
	return rule
}

// replaced removes versions that something newer replaced, and uploads that
// were given up.
func replaced(id string, days int) *awss3.LifecycleRule {
	return &awss3.LifecycleRule{
		Id:                                  &id,
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(days)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
	}
}
