package dqdl

// A signature says what a rule type takes.
type signature struct {
	least, most int  // parameters; most -1 is any number
	kinds       Kind // of the condition's operands; 0 takes no condition
	optional    bool // the condition may be missing
	threshold   bool // "with threshold" may follow
	analyzer    bool // may stand among the analyzers
	only        bool // and only there
}

// types are the rule types by name.
var types = map[string]signature{
	"AggregateMatch":          {2, 2, Number, false, false, false, false},
	"AllStatistics":           {1, 1, 0, false, false, true, true},
	"ColumnCorrelation":       {2, 2, Number, false, false, true, false},
	"ColumnCount":             {0, 0, Number, false, false, true, false},
	"ColumnDataType":          {1, 1, Text, false, true, false, false},
	"ColumnExists":            {1, 1, 0, false, false, false, false},
	"ColumnLength":            {1, 1, Number, false, true, true, false},
	"ColumnNamesMatchPattern": {1, 1, 0, false, false, false, false},
	"ColumnValues":            {1, 1, Text | Keyword | Number | Date, false, true, true, false},
	"Completeness":            {1, 1, Number, false, false, true, false},
	"CustomSql":               {1, 1, Number, true, true, false, false},
	"DataFreshness":           {1, 1, Duration, false, true, false, false},
	"DatasetMatch":            {2, 3, Number, false, false, false, false},
	"DetectAnomalies":         {1, -1, 0, false, false, false, false},
	"DistinctValuesCount":     {1, -1, Number, false, false, true, false},
	"DuplicateRowCount":       {0, -1, Number, false, false, true, false},
	"Entropy":                 {1, 1, Number, false, false, true, false},
	"FileFreshness":           {0, -1, Text | Date, false, true, false, false},
	"FileMatch":               {0, -1, Text | Number, true, true, false, false},
	"FileSize":                {0, -1, Size | Number, false, true, false, false},
	"FileUniqueness":          {0, -1, Number, true, true, false, false},
	"InterquartileRange":      {1, 1, Number, false, false, true, false},
	"IsComplete":              {1, 1, 0, false, false, false, false},
	"IsPrimaryKey":            {1, -1, 0, false, false, false, false},
	"IsUnique":                {1, 1, 0, false, false, false, false},
	"Kurtosis":                {1, 1, Number, false, false, true, false},
	"Mean":                    {1, 1, Number, false, false, true, false},
	"Range":                   {1, 1, Number, false, false, true, false},
	"ReferentialIntegrity":    {2, 2, Number, false, false, false, false},
	"RowCount":                {0, 0, Number, false, false, true, false},
	"RowCountMatch":           {1, 1, Number, false, false, false, false},
	"SchemaMatch":             {1, 1, Number, false, false, false, false},
	"Skewness":                {1, 1, Number, false, false, true, false},
	"StandardDeviation":       {1, 1, Number, false, false, true, false},
	"Sum":                     {1, 1, Number, false, false, true, false},
	"UniqueValueRatio":        {1, -1, Number, false, false, true, false},
	"Uniqueness":              {1, -1, Number, false, false, true, false},
	"Variance":                {1, 1, Number, false, false, true, false},
	"ZerosCount":              {1, 1, Number, false, false, true, false},
}

// functions are the functions of number expressions: what they take, where
// l is a list and n a number, and o a number that may be missing.
var functions = map[string]string{"last": "o", "avg": "l", "min": "l", "max": "l", "sum": "l", "std": "l", "median": "l", "percentile": "ln", "abs": "n"}

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
