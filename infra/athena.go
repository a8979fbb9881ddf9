package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"tillwatch/shared/alert/runbook"
)

// newTables tells Athena where the rows are that were set aside, so that a
// runbook's query can be run as it is. The partitions are worked out from the
// query: nothing crawls, and nothing is paid for until somebody asks.
func newTables(stack awscdk.Stack, p Props, results awss3.IBucket) {
	scope := constructs.NewConstruct(stack, jsii.String("Athena"))
	name := runbook.Database(p.Environment)
	database := awsglue.NewCfnDatabase(scope, jsii.String("Database"), &awsglue.CfnDatabaseProps{
		CatalogId: stack.Account(),
		DatabaseInput: &awsglue.CfnDatabase_DatabaseInputProperty{
			Name: &name, Description: jsii.String("What Tillwatch found in the files of " + p.Environment),
		},
	})
	location := *results.S3UrlForObject(jsii.String("quarantine"))
	column := func(name, comment string) *awsglue.CfnTable_ColumnProperty {
		return &awsglue.CfnTable_ColumnProperty{Name: &name, Type: jsii.String("string"), Comment: &comment}
	}
	awsglue.NewCfnTable(scope, jsii.String("Quarantine"), &awsglue.CfnTableProps{
		CatalogId:    stack.Account(),
		DatabaseName: database.Ref(),
		TableInput: &awsglue.CfnTable_TableInputProperty{
			Name:        jsii.String("quarantine"),
			Description: jsii.String("Rows that were set aside, and why; what the rows say stays in the files"),
			TableType:   jsii.String("EXTERNAL_TABLE"),
			Parameters: map[string]string{
				"EXTERNAL": "TRUE", "skip.header.line.count": "1",
				"projection.enabled":      "true",
				"projection.dataset.type": "injected", // the query names it
				"projection.day.type":     "date", "projection.day.format": "yyyy-MM-dd", "projection.day.range": "NOW-400DAYS,NOW+2DAYS",
				"storage.location.template": location + "/${dataset}/${day}/",
			},
			PartitionKeys: []any{column("dataset", "the table of the contract"), column("day", "the day that the file is for, 2026-11-22")},
			StorageDescriptor: &awsglue.CfnTable_StorageDescriptorProperty{
				Location:     &location,
				InputFormat:  jsii.String("org.apache.hadoop.mapred.TextInputFormat"),
				OutputFormat: jsii.String("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"),
				SerdeInfo: &awsglue.CfnTable_SerdeInfoProperty{
					SerializationLibrary: jsii.String("org.apache.hadoop.hive.serde2.OpenCSVSerde"),
					Parameters:           map[string]string{"separatorChar": ",", "quoteChar": `"`},
				},
				Columns: []any{
					column("tillwatch_row", "the row's number in the file"),
					column("tillwatch_line", "the line that it begins in"),
					column("tillwatch_checks", "the checks that it failed, with a space between them"),
				},
			},
		},
	})
}
