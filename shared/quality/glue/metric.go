package glue

import (
	"strings"

	"tillwatch/shared/contract/dqdl"
)

// glueNames are AWS Glue's names of statistics, where they are no rule types.
var glueNames = map[string]string{"minimum": "Minimum", "maximum": "Maximum", "minLength": "MinimumLength", "maxLength": "MaximumLength"}

func init() {
	for rule, statistic := range figures {
		glueNames[statistic] = rule
	}
}

// glueStatistic names a statistic of columns as AWS Glue does: Entity.Instance.Name.
func glueStatistic(name string, columns []string) string {
	return glueInstance(columns) + "." + glueNames[name]
}

func glueInstance(columns []string) string {
	switch len(columns) {
	case 0:
		return "Dataset.*"
	case 1:
		return "Column." + columns[0]
	}
	return "Multicolumn." + strings.Join(columns, ",")
}

// glueMetric names the metric that a rule measures as AWS Glue does, "" if it
// measures none of its own. Of metrics that end in Compliance, and the one of
// IsComplete, the value is the share of good values.
func glueMetric(r *dqdl.Rule) string {
	switch r.Type {
	case "IsComplete":
		return glueInstance(r.Parameters) + ".Completeness"
	case "ColumnValues", "ColumnLength", "ColumnDataType", "DataFreshness":
		return glueInstance(r.Parameters) + "." + r.Type + ".Compliance"
	case "ColumnNamesMatchPattern":
		return "Dataset.*.ColumnNamesPatternMatchRatio"
	case "AggregateMatch":
		first, second := dqdl.ReadAggregate(r.Parameters[0]).Column, dqdl.ReadAggregate(r.Parameters[1]).Column
		switch {
		case first == "" || second == "":
			return "Dataset.*.AggregateMatch"
		case first != second:
			return "Column." + first + "," + second + ".AggregateMatch"
		}
		return "Column." + first + ".AggregateMatch"
	case "RowCountMatch", "SchemaMatch", "DatasetMatch":
		return "Dataset." + r.Parameters[0] + "." + r.Type
	case "ReferentialIntegrity":
		dataset, _ := dqdl.Reference(r.Parameters[1])
		return "Column." + dataset + "." + r.Type
	case "DuplicateRowCount":
		return glueInstance(r.Parameters) + "." + r.Type
	}
	if figures[r.Type] != "" {
		return glueInstance(r.Parameters) + "." + r.Type
	}
	return ""
}
