package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillwatch/shared/alert"
)

// team is a policy with people; what a test adds goes to its end.
const team = `
time_intervals:
  - name: office
    time_intervals: [{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '17:00'}], location: Europe/Berlin}]
people:
  kim: {name: Kim}
  lee: {name: Lee, channel: P0}
  boss: {}
on_call:
  primary:
    time_zone: Europe/Berlin
    first_handover: 2026-10-19 09:00
    people: [kim, lee]
    overrides:
      - {person: boss, from: 2026-11-03 18:00, until: 2026-11-03 22:00}
  desk:
    time_zone: Europe/Berlin
    first_handover: 2026-10-19 09:00
    turn: 1d
    channel: P2
    people: [boss]
    active_time_intervals: [office]
`

func TestPeoplesFaultsAreFound(t *testing.T) {
	for _, c := range []struct{ rule, in, want string }{
		{"an unknown person", "on_call:\n  a: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: [kmi]}\npeople:\n  kim: {}\n", `2:66: there is no person "kmi" under people; did you mean kim?`},
		{"an unknown zone", "people: {k: {}}\non_call:\n  a: {time_zone: Berlin, first_handover: 2026-01-01 09:00, people: [k]}\n", `3:18: there is no time zone "Berlin"`},
		{"this machine's zone", "people: {k: {}}\non_call:\n  a: {time_zone: Local, first_handover: 2026-01-01 09:00, people: [k]}\n", `there is no time zone "Local"`},
		{"no time", "people: {k: {}}\non_call:\n  a: {time_zone: UTC, first_handover: Monday, people: [k]}\n", `3:39: "Monday" is no time; write it as 2026-11-02 09:00`},
		{"half a day", "people: {k: {}}\non_call:\n  a: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: [k], turn: 36h}\n", "a turn of 36h; write whole days or weeks"},
		{"nobody", "on_call:\n  a: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: []}\n", "at least 1"},
		{"a backward override", "people: {k: {}}\non_call:\n  a: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: [k], overrides: [{person: k, from: 2026-02-02 09:00, until: 2026-02-01 09:00}]}\n", "the override lasts no time"},
		{"an unknown interval", "people: {k: {}}\non_call:\n  a: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: [k], active_time_intervals: [day]}\n", `there is no time interval "day"`},
		{"a person named like a topic", "people: {P1: {}}\n", `1:10: a person cannot be called "P1"`},
		{"one name for two", "people: {k: {}}\non_call:\n  k: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: [k]}\n", "k is a person and a schedule"},
		{"an address instead of a topic", "people: {k: {email: k@example.com}}\n", "subscribe the address to a topic"},
		{"a topic that is not there", "people: {k: {channel: P5}}\n", `"P5" is not a topic of the deployment`},
		{"a level that calls nobody", "people: {kim: {}}\nescalations:\n  - levels: [{after: 5m, to: [kmi]}]\n", `3:31: nobody is called "kmi": no schedule, person or topic; did you mean kim?`},
		{"levels at once", "escalations:\n  - levels: [{after: 5m, to: [P1]}, {after: 0s, to: [P0]}]\n", "together with the one before it"},
		{"rounds without end", "escalations:\n  - {levels: [{after: 5m, to: [P1]}], rounds: 1000}\n", "from 1 to 20"},
		{"a severity as word", "escalations:\n  - {severities: [critical], levels: [{after: 5m, to: [P1]}]}\n", "write P0"},
		{"an escalation that never comes", "escalations:\n  - levels: [{after: 5m, to: [P1]}]\n  - {severities: [P0], matchers: ['pipeline=a'], levels: [{after: 5m, to: [P0]}]}\n", "3:5: this escalation never comes about"},
	} {
		_, err := Read("p.yaml", []byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.rule, err, c.want)
		}
	}
}

func TestWhoIsNotCalledIsTold(t *testing.T) {
	p, err := Read("p.yaml", []byte(team+"escalations:\n  - {severities: [P0], levels: [{after: 5m, to: [primary]}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(p.Notes, "\n")
	for _, want := range []string{"not every P1 has an escalation", "the schedule desk is in no level"} {
		if !strings.Contains(notes, want) {
			t.Errorf("notes %q lack %q", notes, want)
		}
	}
	if strings.Contains(notes, "P0") {
		t.Errorf("notes %q tell of P0, which has an escalation", notes)
	}
}

func TestWhoIsCalled(t *testing.T) {
	p, err := Read("p.yaml", []byte(team))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule, now string
		to        []string
		channels  []string
		duties    string
	}{
		{"through the topic of the severity", "2026-11-03T12:00:00Z", []string{"primary"}, []string{"P1"}, "Kim (primary until Tue 3 Nov 18:00 Europe/Berlin)"},
		{"an override of one without a name", "2026-11-03T18:00:00Z", []string{"primary"}, []string{"P1"}, "boss (primary until Tue 3 Nov 22:00 Europe/Berlin)"},
		{"through the person's topic", "2026-10-27T12:00:00Z", []string{"primary"}, []string{"P0"}, "Lee (primary until Mon 2 Nov 09:00 Europe/Berlin)"},
		{"through the schedule's topic", "2026-11-03T12:00:00Z", []string{"desk"}, []string{"P2"}, "boss (desk until Tue 3 Nov 17:00 Europe/Berlin)"},
		{"also if nobody is on call", "2026-11-07T12:00:00Z", []string{"desk"}, []string{"P2"}, "nobody (desk until Mon 9 Nov 09:00 Europe/Berlin)"},
		{"a person by name", "2026-11-03T12:00:00Z", []string{"lee"}, []string{"P0"}, "Lee"},
		{"several, each topic once", "2026-11-03T12:00:00Z", []string{"P1", "primary", "chat"}, []string{"P1", "chat"}, "Kim (primary until Tue 3 Nov 18:00 Europe/Berlin)"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		channels, duties := p.Call(c.to, alert.P1, now)
		var text []string
		for _, d := range duties {
			text = append(text, d.String())
		}
		if !slices.Equal(channels, c.channels) || strings.Join(text, ", ") != c.duties {
			t.Errorf("%s: %v, %q; want %v, %q", c.rule, channels, text, c.channels, c.duties)
		}
	}
}

func TestWhichEscalation(t *testing.T) {
	p, err := Read("p.yaml", []byte(team+`
escalations:
  - {severities: [P1], matchers: ['pipeline=~"sales.*"'], levels: [{after: 5m, to: [primary]}, {after: 10m, to: [primary, desk, boss]}]}
  - {severities: [P0, P1], levels: [{after: 15m, to: [P0]}], rounds: 3}
`))
	if err != nil {
		t.Fatal(err)
	}
	sales, other := alert.Signal{Pipeline: "sales_data"}, alert.Signal{Pipeline: "stock"}
	for _, c := range []struct {
		rule     string
		severity alert.Severity
		alerts   []alert.Signal
		rounds   int
	}{
		{"the first that matches", alert.P1, []alert.Signal{sales}, 1},
		{"by any of the alerts", alert.P1, []alert.Signal{other, sales}, 1},
		{"another pipeline", alert.P1, []alert.Signal{other}, 3},
		{"another severity", alert.P0, []alert.Signal{sales}, 3},
		{"none", alert.P2, []alert.Signal{sales}, 0},
	} {
		rounds := 0
		if e := p.Escalation(c.severity, c.alerts...); e != nil {
			rounds = e.Rounds
		}
		if rounds != c.rounds {
			t.Errorf("%s: %d rounds, want %d", c.rule, rounds, c.rounds)
		}
	}
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	var names []string
	for _, d := range p.OnCall(now, alert.P1, sales) {
		names = append(names, d.Person)
	}
	if want := []string{"Kim", "boss"}; !slices.Equal(names, want) {
		t.Errorf("on call %v, want %v", names, want)
	}
}

// TestAFileWithoutEscalationsHasTheShippedOnes keeps a team that brings its
// Alertmanager file from losing them.
func TestAFileWithoutEscalationsHasTheShippedOnes(t *testing.T) {
	p, err := Read("p.yaml", []byte("route: {receiver: team}\nreceivers:\n  - name: team\n"))
	if err != nil {
		t.Fatal(err)
	}
	e := p.Escalation(alert.P1)
	if e == nil || len(e.Levels) != 2 || e.Levels[0].After != time.Hour || e.Levels[1].To[0] != "P0" {
		t.Errorf("P1: %+v", e)
	}
	if e := p.Escalation(alert.P0); e == nil || e.Rounds != 3 || e.Levels[0].After != 15*time.Minute {
		t.Errorf("P0: %+v", e)
	}
	if len(p.People)+len(p.Schedules)+len(p.OnCall(time.Time{}, alert.P0)) > 0 {
		t.Error("the shipped policy names people")
	}
}

// TestPeopleAreBounded refuses what would take long to ask for with every
// message.
func TestPeopleAreBounded(t *testing.T) {
	schedules, called := "people: {k: {}}\non_call:\n", "escalations:\n  - levels: [{after: 5m, to: ["
	for i := range 101 {
		schedules += fmt.Sprintf("  s%d: {time_zone: UTC, first_handover: 2026-01-01 09:00, people: [k]}\n", i)
		called += "P1, "
	}
	for in, want := range map[string]string{schedules: "more than 100 schedules", called + "P0]}]\n": "a level calls more than 10"} {
		if _, err := Read("p.yaml", []byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func BenchmarkOnCall(b *testing.B) {
	p, err := Read("p.yaml", []byte(team+"escalations:\n  - {levels: [{after: 5m, to: [primary, desk]}]}\n"))
	if err != nil {
		b.Fatal(err)
	}
	weekend := time.Date(2026, 11, 7, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		p.OnCall(weekend, alert.P1)
	}
}
