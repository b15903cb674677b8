package approval_test

import (
	"fmt"
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/calendar"
)

// disposing makes a command for a warning that the sign-off named is said to have.
func disposing(as approval.DisposalAs) func(n int) approval.Command {
	return func(n int) approval.Command {
		return approval.DisposeWarning{Key: "overdue", As: as, Text: "已核", Find: func(_ approval.Rules, i *approval.Issue, _ string, _ calendar.Date) (int, bool) {
			return n, i.SignOff(n) != nil
		}}
	}
}

func TestAWarningIsDisposedOfOnceWithATextByWhoIsNamedForIt(t *testing.T) {
	t.Parallel()
	g := newGame(t)
	g.raise(parties(2)).route()
	make := func(key string, as approval.DisposalAs, text string) approval.Command {
		cmd := disposing(as)(1).(approval.DisposeWarning)
		cmd.Key, cmd.Text = key, text
		return cmd
	}
	g.refused(overseer, make("a", approval.FalseAlarm, " "), approval.Invalid)
	g.must(overseer, make("a", approval.FalseAlarm, "登记有误"))
	g.refused(overseer, make("a", approval.FalseAlarm, "登记有误"), approval.Conflict)
	g.refused(g.leadOf(1), make("a", approval.Explained, "已说明"), approval.Conflict)
	g.refused(g.leadOf(2), make("b", approval.Explained, "已说明"), approval.Forbidden)
	g.must(g.leadOf(1), make("b", approval.Explained, "方案两次调整"))
	g.must(headquarters, make("c", approval.Handled, "已督办"))
	for key, by := range map[string]approval.Actor{"a": overseer, "b": g.leadOf(1), "c": headquarters} {
		if d := g.issue.Disposed(key); d == nil || d.By != by || d.At != g.now || d.Text == "" {
			t.Errorf("%s: %+v", key, d)
		}
	}
	if g.issue.Disposed("d") != nil {
		t.Error("what nobody disposed of is disposed of")
	}
	if got := g.kinds(len(g.events) - 3); !slices.Equal(got, []string{approval.EvDisposeWarning, approval.EvDisposeWarning, approval.EvDisposeWarning}) {
		t.Errorf("on record: %v", got)
	}
	for k := range 100 { // the record stays small
		g.must(overseer, make(fmt.Sprint("k", k), approval.FalseAlarm, "登记有误"))
	}
	if len(g.issue.Disposals) != 60 || g.issue.Disposed("k99") == nil {
		t.Errorf("%d are kept", len(g.issue.Disposals))
	}
}
