package alert

// The names of the rules that exist. Each has a runbook of its name.
const (
	FileRejected        = "file_rejected"         // a file failed its contract
	FileUnjudged        = "file_unjudged"         // a file could not be judged
	FileWarned          = "file_warned"           // a file passed with warnings
	FileWithoutContract = "file_without_contract" // no contract covers a file

	// Those that conditions raise.
	HighErrorRate       = "high_error_rate"       // too many tasks of a run failed
	SlowExecution       = "slow_execution"        // a run took too long
	LowQuality          = "low_quality"           // a quality score is too low
	RecordCountVariance = "record_count_variance" // too many or too few records
	StaleData           = "stale_data"            // the newest row is too old
	CostIncrease        = "cost_increase"         // a run cost much more than usual
	PipelineSilent      = "pipeline_silent"       // nothing was heard of a pipeline

	DLQNotEmpty      = "dlq_not_empty"      // a message was given up
	FunctionErrors   = "function_errors"    // a function fails
	QueueAge         = "queue_age"          // work waits too long
	NothingJudged    = "nothing_judged"     // no file was judged for too long
	ScoreBelowTarget = "score_below_target" // a quality score is below its target

	IncidentStorm = "incident_storm" // more incidents begin than can be told of one by one
)

// RuleNames are the names of all rules, in the order of their runbooks.
var RuleNames = []string{
	FileRejected, FileUnjudged, FileWarned, FileWithoutContract,
	HighErrorRate, SlowExecution, LowQuality, RecordCountVariance, StaleData, CostIncrease, PipelineSilent,
	DLQNotEmpty, FunctionErrors, QueueAge, NothingJudged, ScoreBelowTarget, IncidentStorm,
}
