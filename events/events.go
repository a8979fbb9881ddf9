// Package events holds one payload for each case that a function must handle,
// as it comes in or goes out, and the JSON Schemas of our own events:
//
//	s3/         "Object Created" as EventBridge delivers it
//	file/       our verdicts on the bus
//	run/        what pipelines report of their runs
//	signal/     our signals on the bus
//	alert/      that people were told of a signal
//	incident/   how an incident stands after each event of its timeline
//	alarm/      CloudWatch's alarms in each form they come in
//	malformed/  what must be set aside with its reason
//	schema/     <detail-type>.json, of the detail
//
// Account ids and names are invented.
package events

import "embed"

// Files holds the folder.
//
//go:embed */*.json
var Files embed.FS
