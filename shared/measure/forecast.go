package measure

import (
	"context"
	"strconv"
	"sync"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/saving"
)

// Foresight is when an open issue may finish (办结预测), by what became of comparable ones
// of all districts.
type Foresight struct {
	saving.Forecast
	// Whole means that issues with the same items and prerequisites were compared as a
	// whole, in working days from raising. Otherwise each sign-off that is left was drawn
	// from those on the same item or matter.
	Whole bool `json:"whole"`
	// From and To are the months in which the comparable cases were raised.
	From Month `json:"from"`
	To   Month `json:"to"`
}

const (
	// lookBack is how many months of cases a forecast rests on (assumed): what was longer
	// ago was done by other people in another way.
	lookBack = 24
	// fresh is for how long the figures behind forecasts are kept in the process (assumed): an
	// hour more or less moves no forecast that rests on months.
	fresh = time.Hour
)

// past are the histories that forecasts draw from.
type past struct {
	lock     sync.Mutex
	at       time.Time // when it was read
	from, to Month
	stays    map[Subject]saving.Histogram // from opening to the answer
	spans    map[string]saving.Histogram  // by form
}

// Foresee forecasts an issue that is open, or would be if it were raised: one without
// RaisedAt is looked at as raised now. It answers false for one that has ended.
func (k *Keeper) Foresee(ctx context.Context, i *approval.Issue) (Foresight, bool, error) {
	if i.Status.Ended() {
		return Foresight{}, false, nil
	}
	rules, now := k.Rules(), k.Now()
	today := calendar.Of(now)
	looked := *i
	if looked.RaisedAt.IsZero() {
		looked.RaisedAt = now
	}
	sheet := Of(rules, &looked)
	k.past.lock.Lock()
	defer k.past.lock.Unlock()
	if err := k.recall(ctx, now); err != nil {
		return Foresight{}, false, err
	}
	out := Foresight{Whole: true, From: k.past.from, To: k.past.to}
	var err error
	whole := saving.Expected{ID: "whole", History: k.past.spans[sheet.Course.Form], Received: true, Elapsed: rules.Calendar.WorkingDays(sheet.Raised, today)}
	if out.Forecast, err = saving.Foresee([]saving.Expected{whole}, seed); err != nil || !out.Insufficient {
		return out, true, err
	}
	pieces := make([]saving.Expected, len(sheet.Lines))
	for n := range sheet.Lines {
		l, p := &sheet.Lines[n], &pieces[n]
		p.ID, p.History = strconv.Itoa(n+1), k.past.stays[l.Subject]
		for _, r := range l.Requires {
			p.Requires = append(p.Requires, strconv.Itoa(r+1))
		}
		switch {
		case l.Outcome == Open:
			p.Received, p.Elapsed = true, rules.Calendar.WorkingDays(l.Came, today)
		case l.Outcome != Waiting || looked.SignOffs[n].State == approval.Void:
			p.Ended = true
		}
	}
	out.Whole = false
	out.Forecast, err = saving.Foresee(pieces, seed)
	return out, true, err
}

// recall reads the histories unless they are fresh.
func (k *Keeper) recall(ctx context.Context, now time.Time) error {
	p := &k.past
	if age := now.Sub(p.at); p.stays != nil && age >= 0 && age < fresh {
		return nil
	}
	today := calendar.Of(now)
	months := Months(today.Add(-lookBack*31), today)
	months = months[max(0, len(months)-lookBack):]
	q := Query{From: months[0], To: months[len(months)-1]}
	for _, d := range k.Rules().Roster.Districts() {
		q.Districts = append(q.Districts, d.Code)
	}
	d, err := k.Read(ctx, q)
	if err != nil {
		return err
	}
	p.at, p.from, p.to = now, q.From, q.To
	p.stays, p.spans = d.stays(), d.spansByForm()
	return nil
}

// stays is how long the sign-offs on each subject that were raised in the period were with
// their departments.
func (d *Data) stays() map[Subject]saving.Histogram {
	by := map[Subject]*bins{}
	for n := range d.cells {
		_, subject := d.cells[n].whose()
		for _, g := range d.cells[n].Groups {
			if !d.raised(g.Raised) {
				continue
			}
			if by[subject] == nil {
				by[subject] = &bins{}
			}
			by[subject].days(g.Stay, g.As.ending())
			by[subject].since(d, g.Came)
		}
	}
	return histograms(by)
}

// spansByForm is how long the issues of each form that were raised in the period took.
func (d *Data) spansByForm() map[string]saving.Histogram {
	by := map[string]*bins{}
	for n := range d.forms {
		f := &d.forms[n]
		name := f.Name[len(formPrefix):]
		if by[name] == nil {
			by[name] = &bins{}
		}
		for _, r := range f.Runs {
			if d.raised(r.Raised) {
				by[name].days(r.Span, r.As.ending())
			}
		}
		for _, c := range f.Open {
			if on := calendar.Date(c.Day); d.raised(saving.MonthOf(on)) {
				by[name].add(d.calendar.WorkingDays(on, d.Version.On), saving.Open, c.N)
			}
		}
	}
	return histograms(by)
}

func histograms[K comparable](by map[K]*bins) map[K]saving.Histogram {
	out := map[K]saving.Histogram{}
	for key, b := range by {
		out[key] = b.histogram()
	}
	return out
}
