package city

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"lianban/shared/approval"
	"lianban/shared/calendar"
	"lianban/shared/catalog"
	"lianban/shared/roster"
)

// City is a made-up city and what its year brings. It never changes.
type City struct {
	Seed        uint64
	From, Until calendar.Date // the first day of the year, and the first after it
	Roster      *roster.Roster
	Catalog     *catalog.Catalog
	Calendar    *calendar.Calendar
	Assumed     Assumptions
	Arrivals    []Arrival                       // in the order of raising
	SignOffs    int                             // that the arrivals ask for
	Load        map[roster.DepartmentID]float64 // tasks a working day
	Capacity    map[roster.DepartmentID]float64 // tasks a working day that its officers get done

	officers    map[roster.PersonID]float64 // tasks a working day
	offices     []roster.DepartmentID       // that answer sign-offs
	secretaries []approval.Actor
	seats       []seat
	dice        dice
}

// Arrival is an issue that a branch comes to raise.
type Arrival struct {
	At       time.Time
	By       approval.Actor
	Petition approval.Petition
	District roster.DistrictCode

	parts []part // as the rules plan them
	order []int  // one that keeps all prerequisites, for asking one by one
}

// part is a sign-off to be.
type part struct {
	item       catalog.ItemNo
	party      approval.Party
	department roster.DepartmentID
	requires   []int
}

// plan keeps what the rules make of the petition.
func (a *Arrival) plan(signOffs []approval.SignOff) {
	lead := 0
	for n := range signOffs {
		s := &signOffs[n]
		a.parts = append(a.parts, part{s.Item, approval.Party{Matter: s.Matter, Department: s.Department}, s.Department, s.Requires})
		if s.Leads {
			lead = s.N
		}
	}
	if lead > 0 { // the lead's word decides the matter, and nobody asks the others
		a.order = []int{lead}
		return
	}
	for len(a.order) < len(a.parts) {
		for n := range a.parts {
			ready := !slices.ContainsFunc(a.parts[n].requires, func(r int) bool { return !slices.Contains(a.order, r) })
			if ready && !slices.Contains(a.order, n+1) {
				a.order = append(a.order, n+1)
				break
			}
		}
	}
}

// alone is the petition for one part.
func (a *Arrival) alone(n int) approval.Petition {
	p, one := a.Petition, &a.parts[n-1]
	p.Title = fmt.Sprintf("%s（第%d项）", p.Title, n)
	p.Items, p.Commitments, p.Parties = nil, nil, nil
	if one.item == 0 {
		p.Parties = []approval.Party{one.party}
		return p
	}
	p.Items = []catalog.ItemNo{one.item}
	if slices.Contains(a.Petition.Commitments, one.item) {
		p.Commitments = p.Items
	}
	return p
}

// Plan is what a city is made of.
type Plan struct {
	Seed     uint64
	Projects int
	Months   int
	From     calendar.Date
	Assumed  Assumptions
}

// The bounds of a plan. A city is no larger than its ids and a year no longer than
// the holiday notices that are known.
const (
	ProjectsMost = 10000
	MonthsMost   = 36
)

// districtsOf is how many districts so many projects have: one for about ninety,
// as 437 in five (assumed).
func districtsOf(projects int) int { return max(1, min(40, (projects+45)/90)) }

// New makes a city. The error says what is wrong with the plan.
func New(p Plan) (*City, error) {
	switch {
	case p.Projects < 1 || p.Projects > ProjectsMost:
		return nil, fmt.Errorf("a city of %d projects; 1 to %d are possible", p.Projects, ProjectsMost)
	case p.Months < 1 || p.Months > MonthsMost:
		return nil, fmt.Errorf("%d months; 1 to %d are possible", p.Months, MonthsMost)
	}
	year, month, day := p.From.Civil()
	c := &City{
		Seed: p.Seed, From: p.From, Until: calendar.On(year, month+time.Month(p.Months), day), Calendar: calendar.China(), Assumed: p.Assumed,
		dice: dice(p.Seed), Load: map[roster.DepartmentID]float64{}, Capacity: map[roster.DepartmentID]float64{},
	}
	if c.Calendar.Provisional(c.Until - 1) {
		return nil, fmt.Errorf("the year until %s passes the last holiday notice; begin earlier", c.Until)
	}
	districts := districtsOf(p.Projects)
	b, competences := places(districts)
	var err error
	if c.Catalog, err = catalog.Construction().Giving(competences); err != nil {
		return nil, err
	}
	// The issues come first, because staff is hired for their load.
	draft := book{Districts: b.Districts, Departments: slices.Clone(b.Departments)}
	draft.staff(p.Assumed, c.dice, nil)
	draft.projects(c.dice, p.Projects, districts, p.From)
	if c.Roster, err = draft.load(); err != nil {
		return nil, err
	}
	if err := c.arrive(); err != nil {
		return nil, err
	}
	days := float64(max(1, c.Calendar.WorkingDays(c.From-1, c.Until-1)))
	for id := range c.Load {
		c.Load[id] /= days
	}
	c.officers = b.staff(p.Assumed, c.dice, c.Load)
	b.leaves(p.Assumed, c.dice, c.Calendar, c.From, c.Until)
	b.projects(c.dice, p.Projects, districts, p.From)
	if c.Roster, err = b.load(); err != nil {
		return nil, err
	}
	for _, person := range b.People {
		if can := c.officers[person.ID]; can > 0 {
			c.Capacity[roster.DepartmentID(person.Posts[0].Unit)] += can
		}
	}
	c.seat()
	return c, c.Catalog.CheckRoster(c.Roster)
}

// seat lists who looks at what each day, in a fixed order.
func (c *City) seat() {
	for _, d := range c.Roster.Departments() {
		if d.Kind.Decides() {
			c.offices = append(c.offices, d.ID)
		}
	}
	at := map[roster.BranchID]int{}
	var whole []roster.DistrictCode
	for _, b := range c.Roster.Branches() {
		switch b.Tier {
		case roster.TierHeadquarters, roster.TierGeneralBranch:
			at[b.ID] = len(c.seats)
			c.seats = append(c.seats, seat{actor: approval.Actor{Person: b.SecretaryID, Role: roster.RoleOf(b.Tier), Unit: string(b.ID)}})
		default:
			c.secretaries = append(c.secretaries, approval.Actor{Person: b.SecretaryID, Role: roster.Secretary, Unit: string(b.ID)})
			project, _ := c.Roster.Project(b.Projects[0])
			if s := &c.seats[at[b.Parent]]; !slices.Contains(s.districts, project.District) {
				s.districts = append(s.districts, project.District)
				whole = append(whole, project.District)
			}
		}
	}
	c.seats[at[headquarters]].districts = whole
}

func (b *book) load() (*roster.Roster, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write the made-up roster: %w", err)
	}
	return roster.Load(text)
}

// rules are the rules on the city's facts.
func (c *City) rules() approval.Rules {
	return approval.Rules{Calendar: c.Calendar, Catalog: c.Catalog, Roster: c.Roster, Ladders: approval.DefaultLadders}
}

// arrive makes the year's issues: a Poisson stream for each project, by month.
func (c *City) arrive() error {
	rules := c.rules()
	most := slices.Max(c.Assumed.Month[:])
	days := float64(c.Until.Sub(c.From))
	mean := c.Assumed.IssuesAYear * most / 365
	for k, project := range c.Roster.Projects() {
		branch, _ := c.Roster.BranchOf(project.ID)
		actor := approval.Actor{Person: branch.SecretaryID, Role: roster.Secretary, Unit: string(branch.ID)}
		r := c.dice.roll(forArrivals, k)
		for at := r.ExpFloat64() / mean; at < days; at += r.ExpFloat64() / mean {
			day := c.From.Add(int(at))
			_, month, _ := day.Civil()
			if !chance(r, c.Assumed.Month[month-1]/most) {
				continue
			}
			if !c.Calendar.Working(day) {
				day = c.Calendar.After(day, 1)
			}
			if day >= c.Until {
				continue
			}
			// 08:40 to 17:19, in office hours.
			moment := day.Start().Add(8*time.Hour + 40*time.Minute + time.Duration(r.IntN(520))*time.Minute)
			c.Arrivals = append(c.Arrivals, Arrival{At: moment, By: actor, District: project.District, Petition: c.petition(r, &project, day)})
		}
	}
	slices.SortStableFunc(c.Arrivals, func(a, b Arrival) int { return a.At.Compare(b.At) })
	for k := range c.Arrivals {
		a := &c.Arrivals[k]
		a.Petition.Title = fmt.Sprintf("模拟问题第%d号：%s", k+1, a.Petition.Title)
		signOffs, err := rules.Plan(a.District, a.Petition, calendar.Of(a.At))
		if err != nil {
			return fmt.Errorf("issue %d: %w", k+1, err)
		}
		a.plan(signOffs)
		c.SignOffs += len(signOffs)
		for n := range signOffs {
			c.Load[signOffs[n].Department] += c.work(k, n+1) + claimWork
		}
	}
	return nil
}

// bundles are the items that are asked for together, by what a project is at.
// Those within brackets exclude each other: a project has one environmental
// document, one kind of land.
var bundles = map[roster.ProjectType][][][]catalog.ItemNo{
	roster.Preparatory: {
		{{1, 2}, {6}, {7}, {9}, {11}, {12}, {13}, {14, 15, 16}, {17, 18}, {19}, {20}},
		{{3}, {4}, {6}, {7}, {9}, {12}, {15, 16}, {17, 18}, {23}},
	},
	roster.NewStart: {
		{{8}, {9}, {10}, {13}, {15, 16}, {17, 18}, {21}, {24}, {25}},
		{{21}, {22}, {23}, {24}, {25}, {26}, {27}, {28}, {33}, {35}},
		{{25}, {26}, {28}, {29}, {30}, {31}, {32}, {33}, {37}},
	},
	roster.Continuing: {
		{{28}, {29}, {30}, {31}, {32}, {33}, {34}, {35}, {36}, {37}},
		{{33}, {34}, {35}, {36}, {37}, {19}, {20}, {23}},
	},
	roster.Completing: {
		{{36}, {38, 39}, {40}, {41}, {42}, {43}, {33}, {35}},
	},
}

// petition makes what one issue asks for.
func (c *City) petition(r *rand.Rand, project *roster.Project, on calendar.Date) approval.Petition {
	p := approval.Petition{Project: project.ID, Assumed: []string{"模拟生成的问题，内容和期限均为拟定"}}
	if chance(r, c.Assumed.Matters) {
		matter := pick(r, c.Catalog.Matters())
		// A kind without a department takes no part; the others do.
		parties, _ := c.Catalog.Parties(matter.Code, *project, c.Roster, on)
		for _, id := range parties {
			p.Parties = append(p.Parties, approval.Party{Matter: matter.Code, Department: id})
		}
		p.Title = matter.NameZH
		return p
	}
	bundle := slices.Clone(pick(r, bundles[project.Type]))
	r.Shuffle(len(bundle), func(i, j int) { bundle[i], bundle[j] = bundle[j], bundle[i] })
	n := min(len(bundle), c.Assumed.ItemsLeast+r.IntN(c.Assumed.ItemsMost-c.Assumed.ItemsLeast+1))
	for _, one := range bundle[:n] {
		p.Items = append(p.Items, pick(r, one))
	}
	slices.Sort(p.Items)
	for _, no := range p.Items {
		if item, _ := c.Catalog.Item(no); item.CommitmentAllowed && chance(r, c.Assumed.Pledged) {
			p.Commitments = append(p.Commitments, no)
		}
	}
	first, _ := c.Catalog.Item(p.Items[0])
	p.Title = fmt.Sprintf("%s等%d项", first.NameZH, len(p.Items))
	return p
}

// claimWork is what looking at a new task takes of an officer's day, in tasks.
const claimWork = 0.25

// work is how much of an officer's day the answer to a part takes, in tasks.
func (c *City) work(k, n int) float64 {
	return min(2.5, lognormal(c.dice.roll(forPart, k, n), 0.65, 0.5))
}

// study is how many working days an officer has to let a part lie after taking it:
// inquiries, experts, a visit to the place.
func (c *City) study(k, n, attempt int, limit calendar.Limit) int {
	days := float64(limit.Days)
	if limit.Unit == calendar.CalendarDays {
		days *= 5.0 / 7
	}
	r := c.dice.roll(forStudy, k, n, attempt)
	share := min(c.Assumed.StudyMost, lognormal(r, c.Assumed.StudyShare, c.Assumed.StudySpread))
	return int(math.Round(days * share))
}
