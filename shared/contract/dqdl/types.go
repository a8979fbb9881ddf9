package dqdl

// A signature says what a rule type takes.
type signature struct {
	least, most int  // parameters; most -1 is any number
	kinds       Kind // of the condition's operands; 0 takes no condition
	optional    bool // the condition may be missing
	threshold   bool // "with threshold" may follow
	analyzer    bool // may stand among the analyzers
	only        bool // and only there
	where       bool // "where" may follow
}

// types are the rule types by name.
var types = map[string]signature{
	"AggregateMatch":          {2, 2, Number, false, false, true, false, false},
	"AllStatistics":           {1, 1, 0, false, false, true, true, false},
	"ColumnCorrelation":       {2, 2, Number, false, false, true, false, true},
	"ColumnCount":             {0, 0, Number, false, false, true, false, false},
	"ColumnDataType":          {1, 1, Text, false, true, false, false, true},
	"ColumnExists":            {1, 1, 0, false, false, false, false, false},
	"ColumnLength":            {1, 1, Number, false, true, true, false, true},
	"ColumnNamesMatchPattern": {1, 1, 0, false, false, false, false, false},
	"ColumnValues":            {1, 1, Text | Keyword | Number | Date, false, true, true, false, true},
	"Completeness":            {1, 1, Number, false, false, true, false, true},
	"CustomSql":               {1, 1, Number, true, true, true, false, false},
	"DataFreshness":           {1, 1, Duration, false, true, false, false, true},
	"DatasetMatch":            {2, 3, Number, false, false, true, false, false},
	"DetectAnomalies":         {1, -1, 0, false, false, false, false, false},
	"DistinctValuesCount":     {1, -1, Number, false, false, true, false, true},
	"DuplicateRowCount":       {0, -1, Number, false, false, true, false, true},
	"Entropy":                 {1, 1, Number, false, false, true, false, true},
	"FileFreshness":           {0, 1, Text | Date, false, true, false, false, false},
	"FileMatch":               {0, 2, Text, false, false, false, false, false},
	"FileSize":                {0, 1, Size | Number, false, true, false, false, false},
	"FileUniqueness":          {0, 1, Number, false, false, false, false, false},
	"InterquartileRange":      {1, 1, Number, false, false, true, false, true},
	"IsComplete":              {1, 1, 0, false, false, false, false, true},
	"IsPrimaryKey":            {1, -1, 0, false, false, false, false, true},
	"IsUnique":                {1, -1, 0, false, false, false, false, true},
	"Kurtosis":                {1, 1, Number, false, false, true, false, true},
	"Mean":                    {1, 1, Number, false, false, true, false, true},
	"Range":                   {1, 1, Number, false, false, true, false, true},
	"ReferentialIntegrity":    {2, 2, Number, false, false, true, false, false},
	"RowCount":                {0, 0, Number, false, false, true, false, true},
	"RowCountMatch":           {1, 1, Number, false, false, true, false, false},
	"SchemaMatch":             {1, 1, Number, false, false, true, false, false},
	"Skewness":                {1, 1, Number, false, false, true, false, true},
	"StandardDeviation":       {1, 1, Number, false, false, true, false, true},
	"Sum":                     {1, 1, Number, false, false, true, false, true},
	"UniqueValueRatio":        {1, -1, Number, false, false, true, false, true},
	"Uniqueness":              {1, -1, Number, false, false, true, false, true},
	"Variance":                {1, 1, Number, false, false, true, false, true},
	"ZerosCount":              {1, 1, Number, false, false, true, false, true},
}

// functions are the functions of number expressions, and whether they take a
// list: numbers, or the runs of last.
var functions = map[string]bool{"last": false, "abs": false, "avg": true, "min": true, "max": true, "sum": true, "std": true, "median": true, "percentile": true}

// reserved are the words that are no parameter without quotes.
var reserved = map[string]bool{"of": true, "and": true, "or": true, "between": true, "in": true, "not": true, "matches": true, "where": true, "with": true, "labels": true}

// spans and sizes are the units of durations and sizes.
var (
	spans = map[string]int64{"days": 86400, "day": 86400, "hours": 3600, "hour": 3600, "minutes": 60, "minute": 60}
	sizes = map[string]int64{"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
)

func (k Kind) String() string {
	var names []string
	for _, n := range []struct {
		kind Kind
		name string
	}{{Text, "a text"}, {Keyword, "NULL, EMPTY or WHITESPACES_ONLY"}, {Number, "a number"}, {Date, "a date"},
		{Duration, "a duration such as 3 hours"}, {Size, "a size such as 3 MB"}} {
		if k&n.kind != 0 {
			names = append(names, n.name)
		}
	}
	return join(names)
}

func join(names []string) string {
	text := ""
	for i, n := range names {
		if i > 0 {
			text += " or "
		}
		text += n
	}
	return text
}
