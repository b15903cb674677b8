package saving

import (
	"fmt"
	"maps"
	"slices"

	"lianban/shared/calendar"
)

// Case is one issue (事项) with its sign-offs, ended or not.
type Case struct {
	ID     string
	Pieces []Piece
}

// ended says whether every piece has ended by the end of a day, and whether all of them were answered.
func (k Case) ended(at calendar.Date) (answered, ended bool) {
	answered = len(k.Pieces) > 0
	for _, p := range k.Pieces {
		how := p.How()
		if how == Open || p.Decided > at {
			return false, false
		}
		answered = answered && how != Withdrawn && !p.Accepted.IsZero()
	}
	return answered, len(k.Pieces) > 0
}

// Bottlenecks adds up, over many issues, where their time went (瓶颈分析). It merges like a [Histogram].
//
// Everything about the longest path is of answered issues only, since of an open one it is not known, and a withdrawn one
// did not go to its end. Queues and touch times are of all.
type Bottlenecks struct {
	// Cases are the answered issues. Span, Serial, Path and HandOff are the sums of T, S, C and T - C over them.
	Cases   int         `json:"cases"`
	Span    WorkingDays `json:"span"`
	Serial  WorkingDays `json:"serial"`
	Path    WorkingDays `json:"path"`
	HandOff WorkingDays `json:"handOff"`
	// Items and Departments are by their names as the pieces have them; pieces without one are not among them.
	Items       map[string]Bottleneck `json:"items"`
	Departments map[string]Bottleneck `json:"departments"`
	// Variants are the paths that answered issues took.
	Variants Variants `json:"variants"`
}

// Concurrency is how many pieces were under review at a time on average (并行度), ΣS / ΣT over all answered issues; 0 when T is 0.
func (b Bottlenecks) Concurrency() float64 {
	if b.Span == 0 {
		return 0
	}
	return float64(b.Serial / b.Span)
}

// Bottleneck is the part of one item or one department.
type Bottleneck struct {
	// Cases are the answered issues with a piece of it, OnPath those in which one that took time lay on a longest path. Two paths
	// may be equally long: both are then on one.
	Cases  int `json:"cases"`
	OnPath int `json:"onPath"`
	// Shorter is the sum, over those issues, of the days by which the longest path would be shorter if its pieces took no time,
	// all else the same. Two departments that hold an issue up side by side shorten it by nothing each.
	Shorter WorkingDays `json:"shorter"`
	// Pieces are its pieces in answered issues; Slack is the sum of their total float (总时差): by how much each could have been
	// later with the issue taking no longer.
	Pieces int         `json:"pieces"`
	Slack  WorkingDays `json:"slack"`
	// Queue is the time from receipt until an officer claimed it (等待), Touch from the claim to the answer without stopped days
	// (经办). A piece that nobody has claimed is open in Queue; one that is decided though no claim is known is in neither.
	Queue Histogram `json:"queue"`
	Touch Histogram `json:"touch"`
	// Answered are the pieces decided or refused, of issues of any kind; FirstPass those of them that had no request for a
	// supplement and were never asked anew. Supplements and Returns count these.
	Answered    int `json:"answered"`
	FirstPass   int `json:"firstPass"`
	Supplements int `json:"supplements"`
	Returns     int `json:"returns"`
}

// Criticality is the share of its answered issues in which it lay on a longest path (关键度).
func (b Bottleneck) Criticality() Share { return ShareOf(b.OnPath, b.Cases) }

// FirstPassYield is the share of its answers that needed neither a supplement nor a return (一次通过率).
func (b Bottleneck) FirstPassYield() Share { return ShareOf(b.FirstPass, b.Answered) }

func (b Bottleneck) plus(o Bottleneck) Bottleneck {
	return Bottleneck{
		Cases: b.Cases + o.Cases, OnPath: b.OnPath + o.OnPath, Shorter: b.Shorter + o.Shorter,
		Pieces: b.Pieces + o.Pieces, Slack: b.Slack + o.Slack,
		Queue: Merge(b.Queue, o.Queue), Touch: Merge(b.Touch, o.Touch),
		Answered: b.Answered + o.Answered, FirstPass: b.FirstPass + o.FirstPass,
		Supplements: b.Supplements + o.Supplements, Returns: b.Returns + o.Returns,
	}
}

// MergeBottlenecks returns the sums over the cases of all. It changes none of them.
func MergeBottlenecks(all ...Bottlenecks) Bottlenecks {
	var out Bottlenecks
	for _, b := range all {
		out.Cases += b.Cases
		out.Span += b.Span
		out.Serial += b.Serial
		out.Path += b.Path
		out.HandOff += b.HandOff
		out.Items = mergeParts(out.Items, b.Items)
		out.Departments = mergeParts(out.Departments, b.Departments)
		out.Variants = MergeVariants(out.Variants, b.Variants)
	}
	return out
}

func mergeParts(a, b map[string]Bottleneck) map[string]Bottleneck {
	out := maps.Clone(a)
	for name, part := range b {
		if out == nil {
			out = map[string]Bottleneck{}
		}
		out[name] = out[name].plus(part)
	}
	return out
}

// Add adds an issue as it stood at the end of a day. It returns an error, and adds nothing, for those of [Piece.Observe] and
// [Critical], and when a piece was claimed before it was received or after it was decided.
func (b *Bottlenecks) Add(c *calendar.Calendar, k Case, at calendar.Date) error {
	looks := make([]look, len(k.Pieces))
	for i, p := range k.Pieces {
		var err error
		if looks[i], err = p.look(c, at); err != nil {
			return fmt.Errorf("issue %q: %w", k.ID, err)
		}
	}
	answered, ended := k.ended(at)
	var run Run
	if answered && ended {
		var err error
		if run, err = Measure(c, k.Pieces); err != nil {
			return fmt.Errorf("issue %q: %w", k.ID, err)
		}
		b.Cases++
		b.Span += run.Span
		b.Serial += run.Serial
		b.Path += run.Path.Days
		b.HandOff += run.HandOff
		b.Variants.Add(k.Path())
	}
	b.Items = addParts(b.Items, k, looks, run, func(p *Piece) string { return p.Item })
	b.Departments = addParts(b.Departments, k, looks, run, func(p *Piece) string { return p.Department })
	return nil
}

// look is what a piece adds wherever it is counted; -1 days for what is not known.
type look struct {
	queue, touch         int
	queueEnds, touchEnds Ending
	answered             bool
}

func (p *Piece) look(c *calendar.Calendar, at calendar.Date) (look, error) {
	o, err := p.Observe(c, at)
	if err != nil {
		return look{}, err
	}
	l := look{queue: -1, touch: -1, answered: o.Ending == Decided || o.Ending == Refused}
	received := max(p.Received, p.Raised)
	if received > at {
		return l, nil // it waits for its prerequisites
	}
	claimed := p.Claimed
	if claimed > at {
		claimed = 0
	}
	end := o.Ended
	if end.IsZero() {
		end = at
	}
	switch {
	case !claimed.IsZero() && claimed < received:
		return look{}, fmt.Errorf("piece %q was claimed on %s, before it was received on %s", p.ID, claimed, received)
	case claimed > end:
		return look{}, fmt.Errorf("piece %q was claimed on %s, after it was decided on %s", p.ID, claimed, end)
	case !claimed.IsZero():
		l.queue, l.queueEnds = c.WorkingDays(received, claimed), Decided
		l.touch, l.touchEnds = c.Used(claimed, end, calendar.WorkingDays, p.Stops), o.Ending
	case o.Ending == Open || o.Ending == Withdrawn: // an answer shows that somebody took it up, at an unknown time
		l.queue, l.queueEnds = c.WorkingDays(received, max(received, end)), o.Ending
	}
	return l, nil
}

// addParts adds what the pieces of an issue are to each of the names that of gives them.
func addParts(parts map[string]Bottleneck, k Case, looks []look, run Run, of func(*Piece) string) map[string]Bottleneck {
	var names []string
	for i := range k.Pieces {
		p := &k.Pieces[i]
		name := of(p)
		if name == "" {
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if parts == nil {
			parts = map[string]Bottleneck{}
		}
		part, l := parts[name], looks[i]
		if l.queue >= 0 {
			_ = part.Queue.Add(l.queue, l.queueEnds, 1) // cannot fail: a count of days after one of a checked piece
		}
		if l.touch >= 0 {
			_ = part.Touch.Add(l.touch, l.touchEnds, 1)
		}
		if l.answered {
			part.Answered++
			part.Supplements += p.Supplements
			part.Returns += p.Returns
			if p.Supplements == 0 && p.Returns == 0 {
				part.FirstPass++
			}
		}
		if run.Tasks != nil {
			part.Pieces++
			part.Slack += run.Path.Slots[i].Slack
		}
		parts[name] = part
	}
	if run.Tasks == nil {
		return parts
	}
	for _, name := range names {
		part := parts[name]
		part.Cases++
		on := false
		without := slices.Clone(run.Tasks)
		for i := range k.Pieces {
			if of(&k.Pieces[i]) == name {
				on = on || run.Path.Slots[i].Slack == 0 && without[i].Days > 0
				without[i].Days = 0
			}
		}
		if on {
			part.OnPath++
			path, err := Critical(without)
			if err != nil {
				panic("saving: " + err.Error()) // Measure has checked the graph, and 0 days are fewer
			}
			part.Shorter += run.Path.Days - path.Days
		}
		parts[name] = part
	}
	return parts
}
