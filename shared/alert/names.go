package alert

// The names of the rules that exist. Each has a runbook of its name.
const (
	FileRejected        = "file_rejected"         // a file failed its contract
	FileUnjudged        = "file_unjudged"         // a file could not be judged
	FileWarned          = "file_warned"           // a file passed with warnings
	FileWithoutContract = "file_without_contract" // no contract covers a file

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
	DLQNotEmpty, FunctionErrors, QueueAge, NothingJudged, ScoreBelowTarget, IncidentStorm,
}
