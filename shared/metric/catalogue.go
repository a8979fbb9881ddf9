package metric

// A Namespace groups metrics in CloudWatch.
type Namespace string

// The namespaces. Quality and Business belong to the people who own the data,
// Self to those who run Tillwatch.
const (
	Quality  Namespace = "DataPipeline/Quality"
	Business Namespace = "DataPipeline/Business"
	Self     Namespace = "Tillwatch/Self"
)

// A Unit is one of CloudWatch's units.
type Unit string

// The units of the catalogue. CloudWatch has none for minutes or for money:
// such a metric is None and its description names the unit.
const (
	None         Unit = "None"
	Percent      Unit = "Percent"
	Count        Unit = "Count"
	Bytes        Unit = "Bytes"
	Seconds      Unit = "Seconds"
	Milliseconds Unit = "Milliseconds"
)

// A Statistic says which CloudWatch statistic of a metric tells the truth.
type Statistic string

// The statistics. What is published per file is published at least once, so a
// sum of it could count a file twice; such a metric shows its Maximum, and one
// that a bad file lowers shows its Minimum.
const (
	Average Statistic = "Average"
	Minimum Statistic = "Minimum"
	Maximum Statistic = "Maximum"
	Sum     Statistic = "Sum"
	P95     Statistic = "p95"
)

// The dimensions. Each has few values: a dataset's pipeline, its table, the
// source its files come from, a rule of its contract, the environment of the
// deployment, a severity.
const (
	PipelineName   = "PipelineName"
	Table          = "Table"
	DataSource     = "DataSource"
	ValidationRule = "ValidationRule"
	Environment    = "Environment"
	Severity       = "Severity"
)

// The quality metrics: one score per dimension of data quality and their mean.
const (
	CompletenessScore Name = "CompletenessScore"
	AccuracyScore     Name = "AccuracyScore"
	TimelinessScore   Name = "TimelinessScore"
	ConsistencyScore  Name = "ConsistencyScore"
	ConformityScore   Name = "ConformityScore"
	UniquenessScore   Name = "UniquenessScore"
	QualityScore      Name = "QualityScore"
)

// The business metrics.
const (
	RecordsProcessed        Name = "RecordsProcessed"
	DailyRevenue            Name = "DailyRevenue"
	CustomerCount           Name = "CustomerCount"
	TransactionVolume       Name = "TransactionVolume"
	AverageOrderValue       Name = "AverageOrderValue"
	DataFreshnessMinutes    Name = "DataFreshnessMinutes"
	ProcessingCostPerRecord Name = "ProcessingCostPerRecord"
)

// The metrics of Tillwatch's own running.
const (
	FilesJudged             Name = "FilesJudged"
	FilesRejected           Name = "FilesRejected"
	FilesErrored            Name = "FilesErrored"
	UnroutedFiles           Name = "UnroutedFiles"
	RowsJudged              Name = "RowsJudged"
	BytesJudged             Name = "BytesJudged"
	JudgeDurationMs         Name = "JudgeDurationMs"
	EndToEndSeconds         Name = "EndToEndSeconds"
	SignalsRaised           Name = "SignalsRaised"
	NotificationsSent       Name = "NotificationsSent"
	NotificationsSuppressed Name = "NotificationsSuppressed"
)

// The metrics of incidents. Each is a figure over the incidents opened in the
// thirty days before, counted from their state, so that one published twice is
// the same figure twice.
const (
	OpenIncidents            Name = "OpenIncidents"
	TimeToDetectMinutes      Name = "TimeToDetectMinutes"      // MTTD
	TimeToAcknowledgeMinutes Name = "TimeToAcknowledgeMinutes" // MTTA
	TimeToResolveMinutes     Name = "TimeToResolveMinutes"     // MTTR
	PendingSpans             Name = "PendingSpans"
	UnknownSpans             Name = "UnknownSpans"
	InvalidSpans             Name = "InvalidSpans"
)

// A Growth says what multiplies the series of a dimension set.
type Growth string

// The growths: a number per deployment, per dataset, or per rule of a dataset.
const (
	PerDeployment Growth = "deployment"
	PerDataset    Growth = "dataset"
	PerRule       Growth = "rule"
)

// A Set is one combination of dimensions that a metric is published with.
// Each combination of values is a series, and CloudWatch bills each series.
type Set struct {
	Dimensions []string
	// Series is how many series the set makes for each Growth: 1 for all but
	// fixed dimensions such as Severity, which has four values.
	Series int
	Growth Growth
}

// A Comparison says on which side of its target a metric is good.
type Comparison string

// The comparisons. Both include the target itself.
const (
	AtLeast Comparison = ">="
	AtMost  Comparison = "<="
)

// A Target is the value that a metric is promised to keep, in its unit.
type Target struct {
	Comparison Comparison
	Value      float64
}

// Met reports whether v keeps the target. NaN never does.
func (t Target) Met(v float64) bool {
	if t.Comparison == AtMost {
		return v <= t.Value
	}
	return v >= t.Value
}

// A Metric is one entry of the catalogue.
type Metric struct {
	Name      Name
	Namespace Namespace
	Unit      Unit
	// Sets are the dimension sets it may be published with, the one that
	// dashboards and alarms use first. There is always one.
	Sets        []Set
	Description string
	// Statistic is the one to show and to compare with Target.
	Statistic Statistic
	// Target is nil for a metric that promises nothing.
	Target *Target
}

// Series returns how many series m makes with that many datasets whose
// contracts have rulesPerDataset rules each.
func (m Metric) Series(datasets, rulesPerDataset int) int {
	n := 0
	for _, s := range m.Sets {
		switch s.Growth {
		case PerDeployment:
			n += s.Series
		case PerDataset:
			n += s.Series * datasets
		case PerRule:
			n += s.Series * datasets * rulesPerDataset
		}
	}
	return n
}

// The dimension sets, each with the number of series it makes.
var (
	byTable       = Set{[]string{PipelineName, Table}, 1, PerDataset}
	byRule        = Set{[]string{PipelineName, ValidationRule}, 1, PerRule}
	bySource      = Set{[]string{PipelineName, DataSource}, 1, PerDataset}
	byPipeline    = Set{[]string{PipelineName}, 1, PerDataset}
	byEnvironment = Set{[]string{Environment}, 1, PerDeployment}
	bySeverity    = Set{[]string{Environment, Severity}, 4, PerDeployment}
)

// Catalogue returns every metric there is, in the order that dashboards show
// them. The caller may change what it gets.
func Catalogue() []Metric {
	score := func(n Name, target float64, description string, more ...Set) Metric {
		return Metric{n, Quality, Percent, append([]Set{byTable}, more...), description, Minimum, &Target{AtLeast, target}}
	}
	business := func(n Name, u Unit, description string) Metric {
		return Metric{n, Business, u, []Set{bySource}, description, Maximum, nil}
	}
	self := func(n Name, u Unit, s Statistic, description string) Metric {
		return Metric{n, Self, u, []Set{byEnvironment}, description, s, nil}
	}
	freshness := business(DataFreshnessMinutes, None, "Minutes between the newest row of a file and the moment it was judged.")
	freshness.Target = &Target{AtMost, 60}
	cost := business(ProcessingCostPerRecord, None, "US dollars that judging cost, divided by the rows judged.")
	cost.Sets = []Set{byPipeline}
	sent := self(NotificationsSent, Count, Sum, "Notifications handed to SNS, by severity.")
	sent.Sets = []Set{bySeverity}
	incidents := func(n Name, u Unit, description string) Metric {
		return Metric{n, Self, u, []Set{bySeverity}, description, Maximum, nil}
	}

	return []Metric{
		{QualityScore, Quality, Percent, []Set{byTable}, "Mean of the measured dimensions of a file.", Minimum, nil},
		score(CompletenessScore, 98, "How much of what must be there is there: required fields, rows, stores, days."),
		score(AccuracyScore, 99, "How many values are in their range and known to their reference; also by rule.", byRule),
		score(TimelinessScore, 95, "Whether the file and its newest row came when they were promised."),
		score(ConsistencyScore, 99, "Whether calculated fields, totals between files and the trend agree."),
		score(ConformityScore, 99, "How many values have the type, format, pattern and length that the contract states."),
		score(UniquenessScore, 99.9, "How many rows are not a repetition of an earlier one; 99.9 is less than 0.1 % duplicates."),

		business(RecordsProcessed, Count, "Data rows of the largest file judged in the period."),
		business(DailyRevenue, None, "Revenue of the day, summed over the accepted files that it has now, in the contract's currency. A file that is replaced by a smaller one lowers the newest value, not the day's maximum."),
		business(CustomerCount, Count, "Different customers, summed over the day's accepted files."),
		business(TransactionVolume, Count, "Different transactions, summed over the day's accepted files."),
		business(AverageOrderValue, None, "Revenue divided by transactions, in the contract's currency."),
		freshness,
		cost,

		self(FilesJudged, Count, Sum, "Files that got a verdict, each attempt counted."),
		self(FilesRejected, Count, Sum, "Files with the verdict fail, each attempt counted."),
		self(FilesErrored, Count, Sum, "Files that could not be judged and went back to the queue, and files with the verdict error."),
		self(UnroutedFiles, Count, Sum, "Files that no contract speaks for."),
		self(RowsJudged, Count, Sum, "Data rows judged."),
		self(BytesJudged, Bytes, Sum, "Bytes judged, as stored."),
		self(JudgeDurationMs, Milliseconds, P95, "Time from claiming a file to its verdict."),
		self(EndToEndSeconds, Seconds, P95, "Time from a file's landing to its published verdict."),
		self(SignalsRaised, Count, Sum, "Signals put on the bus, firing and resolved."),
		sent,
		self(NotificationsSuppressed, Count, Sum, "Signals that reached nobody, because a rule said so; the log has the reason."),
		incidents(OpenIncidents, Count, "Incidents of the last 30 days that are not over."),
		incidents(TimeToDetectMinutes, None, "MTTD: mean minutes from the start, by the data, to the first signal, over the incidents of the last 30 days."),
		incidents(TimeToAcknowledgeMinutes, None, "MTTA: mean minutes from the first message that a channel took to the first acknowledgement, over the incidents of the last 30 days."),
		incidents(TimeToResolveMinutes, None, "MTTR: mean minutes from the start, by the data, to the end, over the incidents of the last 30 days."),
		self(PendingSpans, Count, Maximum, "Times to acknowledge or to resolve that are not over, of the incidents of the last 30 days."),
		self(UnknownSpans, Count, Maximum, "Times of which one end never came, such as an incident over before anybody acknowledged it, of the last 30 days."),
		self(InvalidSpans, Count, Maximum, "Times that end before they begin, of the last 30 days: somebody has to correct a time of the incident."),
	}
}

// Lookup returns the metric named n and whether there is one.
func Lookup(n Name) (Metric, bool) {
	for _, m := range Catalogue() {
		if m.Name == n {
			return m, true
		}
	}
	return Metric{}, false
}
