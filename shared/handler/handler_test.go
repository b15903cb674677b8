package handler_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"lianban/shared/approval"
	"lianban/shared/handler"
)

func TestErrorNameSeesThroughWrapping(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("route: %w", &approval.Error{Kind: approval.Conflict})
	if got := handler.ErrorName(err); got != "Approval.Conflict" {
		t.Errorf("ErrorName = %q", got)
	}
	if got := handler.ErrorName(errors.New("disk on fire")); got != "Internal" {
		t.Errorf("ErrorName of a stranger = %q", got)
	}
	if got := handler.ErrorName(approval.LostRace("x")); got != "Approval.Conflict" {
		t.Errorf("ErrorName of a lost race = %q", got)
	}
}

func TestNamesAreTheMachinesTokens(t *testing.T) {
	t.Parallel()
	want := []string{"AskDepartment", "CheckClock", "CloseIssue", "Consult", "RouteIssue", "Tally"}
	if got := handler.Names(); !slices.Equal(got, want) {
		t.Errorf("Names = %v", got)
	}
}
