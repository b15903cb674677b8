package saving

import (
	"fmt"
	"math"

	"lianban/shared/calendar"
)

// Bar is a task on the calendar.
type Bar struct {
	ID string `json:"id"`
	// From and To are the first and the last working day it takes, both included. A task of 0 days has both on the day that
	// what it requires ends, the start day if it requires nothing.
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
	// Critical means that it has no slack.
	Critical bool `json:"critical"`
}

// Schedule is the same tasks laid on the calendar twice (横道图): one after another, and each as soon as it can.
type Schedule struct {
	// Start is the day from which both run; it does not count itself (民法典 art. 201).
	Start calendar.Date `json:"start"`
	// Serial is in the order in which the tasks are done, Parallel in the order given.
	Serial   []Bar `json:"serial"`
	Parallel []Bar `json:"parallel"`
	// SerialEnd and ParallelEnd are the last days.
	SerialEnd   calendar.Date `json:"serialEnd"`
	ParallelEnd calendar.Date `json:"parallelEnd"`
	// Provisional means that it reaches into a year without a holiday notice.
	Provisional bool `json:"provisional,omitzero"`
}

// Lay lays the tasks on the calendar from start: one after another in the order of [Order], and each as soon as what it
// requires is done. Parts of a day are kept while adding up and shown as the days they touch. It returns the errors of
// [Critical], one for no start, and one when they take more than [calendar.MaxDays] together.
func Lay(c *calendar.Calendar, start calendar.Date, tasks []Task) (Schedule, error) {
	if start.IsZero() {
		return Schedule{}, fmt.Errorf("lay tasks on the calendar: there is no start")
	}
	path, err := Critical(tasks)
	if err != nil {
		return Schedule{}, fmt.Errorf("lay tasks on the calendar: %w", err)
	}
	if sum := Serial(tasks); sum > calendar.MaxDays {
		return Schedule{}, fmt.Errorf("lay tasks on the calendar: they take %v days, more than %d", sum, calendar.MaxDays)
	}
	order, err := Order(tasks)
	if err != nil {
		return Schedule{}, fmt.Errorf("lay tasks on the calendar: %w", err)
	}
	bar := func(slot Slot, from, to WorkingDays) Bar {
		last := int(math.Ceil(float64(to)))
		first := int(math.Floor(float64(from))) + 1
		if from == to {
			first = last
		}
		return Bar{ID: slot.ID, From: c.After(start, first), To: c.After(start, last), Critical: slot.Slack == 0}
	}
	s := Schedule{Start: start, SerialEnd: start, ParallelEnd: start, Serial: []Bar{}, Parallel: []Bar{}}
	at := make(map[string]int, len(tasks))
	for i, slot := range path.Slots {
		at[slot.ID] = i
		b := bar(slot, slot.Start, slot.Finish)
		s.Parallel = append(s.Parallel, b)
		s.ParallelEnd = max(s.ParallelEnd, b.To)
	}
	var done WorkingDays
	for _, id := range order {
		i := at[id]
		b := bar(path.Slots[i], done, done+tasks[i].Days)
		done += tasks[i].Days
		s.Serial = append(s.Serial, b)
		s.SerialEnd = max(s.SerialEnd, b.To)
	}
	s.Provisional = c.ProvisionalIn(start, max(s.SerialEnd, s.ParallelEnd))
	return s, nil
}
