package webui

import (
	"regexp"
	"slices"
	"strconv"

	"lianban/shared/approval"
	"lianban/shared/catalog"
	"lianban/shared/register"
	"lianban/shared/roster"
)

// anew stands for a department that begins with the change itself.
const anew = "new"

// shares are how many successors the form of a split has room for besides the one that takes
// the rest (assumed); what is split further comes in by the API.
var shares = []string{"1", "2"}

// unitProposals are those of departments, branches and projects.
var unitProposals = []proposal{
	{
		kind: "merge",
		fields: func(v *visit) []entry {
			from := entry{Name: "from", Kind: "people", Value: "open", Choices: v.actingChoices()}
			return append([]entry{from, {Name: "to", Kind: "select", Choices: v.heirChoices()}}, v.newUnitEntries()...)
		},
		order: func(v *visit, f filing) (register.Order, error) {
			r := roster.Reorganisation{}
			if len(f.Values["from"]) == 0 {
				return register.Order{}, v.choose("from")
			}
			to, err := v.heir(f, "to", &r, roster.DepartmentID(f.Values["from"][0]))
			if err != nil {
				return register.Order{}, err
			}
			for _, from := range f.Values["from"] {
				if roster.DepartmentID(from) == to {
					return register.Order{}, approval.Refuse(approval.Invalid, "to", "承接部门不能同时列为被合并的部门，请在上面取消勾选，或者另选承接部门。", "The successor cannot be merged into itself: untick it above, or choose another one.")
				}
				r.Passages = append(r.Passages, roster.Passage{From: roster.DepartmentID(from), To: to})
			}
			return people(roster.Change{Reorganise: &r}), nil
		},
	},
	{
		kind: "split",
		fields: func(v *visit) []entry {
			fields := []entry{{Name: "from", Kind: "select", Choices: v.actingChoices()}, {Name: "rest", Kind: "select", Choices: v.actingChoices()}}
			for _, n := range shares {
				fields = append(fields, entry{Name: "to" + n, Kind: "select", Choices: v.heirChoices()}, entry{Name: "items" + n, Kind: "text"}, entry{Name: "people" + n, Kind: "people", Choices: v.staff()})
			}
			return append(fields, v.newUnitEntries()...)
		},
		order: func(v *visit, f filing) (register.Order, error) {
			if err := v.chosen(f, "from", "to1"); err != nil {
				return register.Order{}, err
			}
			r := roster.Reorganisation{}
			passage := roster.Passage{From: roster.DepartmentID(f.text("from")), To: roster.DepartmentID(f.text("rest"))}
			for _, n := range shares {
				if f.text("to"+n) == "" {
					continue
				}
				to, err := v.heir(f, "to"+n, &r, passage.From)
				if err != nil {
					return register.Order{}, err
				}
				share := roster.Share{To: to}
				if share.Items, err = v.itemNumbers(f, "items"+n); err != nil {
					return register.Order{}, err
				}
				for _, person := range f.Values["people"+n] {
					share.People = append(share.People, roster.PersonID(person))
				}
				if len(share.Items)+len(share.People) == 0 {
					return register.Order{}, approval.Refuse(approval.Invalid, "items"+n, "请填写划出的事项编号，或者选择随职责划转的人员。", "Give the numbers of the items that go, or choose the people who go along.")
				}
				passage.Shares = append(passage.Shares, share)
			}
			r.Passages = []roster.Passage{passage}
			return people(roster.Change{Reorganise: &r}), nil
		},
	},
	{
		kind: "rename",
		fields: func(v *visit) []entry {
			return []entry{{Name: "department", Kind: "select", Choices: v.actingChoices()}, {Name: "nameZH", Kind: "text"}, {Name: "nameEN", Kind: "text"}}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			if err := v.chosen(f, "department"); err != nil {
				return register.Order{}, err
			}
			err := typedIn(f, "nameZH", "nameEN")
			return people(roster.Change{Reorganise: &roster.Reorganisation{Renames: []roster.Rename{{
				Department: roster.DepartmentID(f.text("department")), NameZH: f.text("nameZH"), NameEN: f.text("nameEN"),
			}}}}), err
		},
	},
	{
		kind: "found",
		fields: func(v *visit) []entry {
			tier := entry{Name: "tier", Kind: "radio"}
			for _, t := range []roster.Tier{roster.TierBranch, roster.TierGeneralBranch, roster.TierHeadquarters} {
				tier.Choices = append(tier.Choices, choice{Value: string(t), Text: v.tier(t), On: t == roster.TierBranch})
			}
			return []entry{
				{Name: "id", Kind: "text"},
				{Name: "nameZH", Kind: "text"},
				{Name: "nameEN", Kind: "text"},
				tier,
				{Name: "parent", Kind: "select", Choices: v.branchChoices(roster.TierGeneralBranch, roster.TierHeadquarters)},
				{Name: "projects", Kind: "people", Choices: v.projectChoices()},
				{Name: "person", Kind: "select", Choices: v.everybody()},
				{Name: "termEnds", Kind: "date"},
			}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			_, taken := v.Service.Rules().Roster.Branch(roster.BranchID(f.text("id")))
			if err := v.fresh(f, "id", taken); err != nil {
				return register.Order{}, err
			}
			if err := typedIn(f, "nameZH", "nameEN"); err != nil {
				return register.Order{}, err
			}
			if err := v.chosen(f, "tier"); err != nil {
				return register.Order{}, err
			}
			b := roster.Branch{
				ID: roster.BranchID(f.text("id")), Tier: roster.Tier(f.text("tier")), Parent: roster.BranchID(f.text("parent")), NameZH: f.text("nameZH"), NameEN: f.text("nameEN"),
				SecretaryID: roster.PersonID(f.text("person")), TermEnds: f.date("termEnds"), Origin: roster.Origin{Source: f.text("ground")},
			}
			if b.Tier != roster.TierHeadquarters && b.Parent == "" {
				return register.Order{}, v.choose("parent")
			}
			order := register.Order{}
			var moved []roster.Change
			for _, id := range f.Values["projects"] {
				project := roster.ProjectID(id)
				if _, has := v.Service.Rules().Roster.BranchOf(project); has {
					moved = append(moved, roster.Change{Projects: &roster.ProjectChange{Project: project, To: b.ID}})
				} else {
					b.Projects = append(b.Projects, project)
				}
			}
			order.Roster = append([]roster.Change{{Found: &roster.Founding{Branch: b}}}, moved...)
			return order, nil
		},
	},
	{
		kind: "dissolve",
		fields: func(v *visit) []entry {
			all := v.branchChoices(roster.TierBranch, roster.TierGeneralBranch, roster.TierHeadquarters)
			return []entry{{Name: "branch", Kind: "select", Choices: all}, {Name: "successor", Kind: "select", Choices: slices.Clone(all)}}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			err := v.chosen(f, "branch")
			return people(roster.Change{Dissolve: &roster.Dissolution{Branch: roster.BranchID(f.text("branch")), Successor: roster.BranchID(f.text("successor"))}}), err
		},
	},
	{
		kind: "project",
		fields: func(v *visit) []entry {
			district, sector, tier, stage := entry{Name: "district", Kind: "select"}, entry{Name: "sector", Kind: "select"}, entry{Name: "tier", Kind: "select"}, entry{Name: "stage", Kind: "select"}
			for _, d := range v.Service.Rules().Roster.Districts() {
				district.Choices = append(district.Choices, choice{Value: string(d.Code), Text: v.district(d.Code)})
			}
			for _, s := range roster.Sectors() {
				sector.Choices = append(sector.Choices, choice{Value: string(s), Text: v.name(s.Name())})
			}
			for _, t := range roster.ProjectTiers() {
				tier.Choices = append(tier.Choices, choice{Value: string(t), Text: v.name(t.Name())})
			}
			for _, t := range roster.ProjectTypes() {
				stage.Choices = append(stage.Choices, choice{Value: string(t), Text: v.name(t.Name())})
			}
			return []entry{
				{Name: "id", Kind: "text"},
				{Name: "nameZH", Kind: "text"},
				{Name: "nameEN", Kind: "text"},
				district, sector, tier, stage,
				{Name: "person", Kind: "select", Choices: v.everybody()},
				{Name: "to", Kind: "select", Choices: v.branchChoices(roster.TierBranch)},
			}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			_, taken := v.Service.Rules().Roster.Project(roster.ProjectID(f.text("id")))
			if err := v.fresh(f, "id", taken); err != nil {
				return register.Order{}, err
			}
			if err := typedIn(f, "nameZH", "nameEN"); err != nil {
				return register.Order{}, err
			}
			err := v.chosen(f, "district", "sector", "tier", "stage", "person")
			return people(roster.Change{Projects: &roster.ProjectChange{To: roster.BranchID(f.text("to")), New: &roster.Project{
				ID: roster.ProjectID(f.text("id")), NameZH: f.text("nameZH"), NameEN: f.text("nameEN"), District: roster.DistrictCode(f.text("district")), Sector: roster.Sector(f.text("sector")),
				Tier: roster.ProjectTier(f.text("tier")), Type: roster.ProjectType(f.text("stage")), Officer: roster.PersonID(f.text("person")), Origin: roster.Origin{Source: f.text("ground")},
			}}}), err
		},
	},
	{
		kind: "project_move",
		fields: func(v *visit) []entry {
			return []entry{{Name: "project", Kind: "select", Choices: v.projectChoices()}, {Name: "to", Kind: "select", Choices: v.branchChoices(roster.TierBranch)}}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			err := v.chosen(f, "project", "to")
			return people(roster.Change{Projects: &roster.ProjectChange{Project: roster.ProjectID(f.text("project")), To: roster.BranchID(f.text("to"))}}), err
		},
	},
	{
		kind: "project_close",
		fields: func(v *visit) []entry {
			return []entry{{Name: "project", Kind: "select", Choices: v.projectChoices()}}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			err := v.chosen(f, "project")
			return people(roster.Change{Projects: &roster.ProjectChange{Project: roster.ProjectID(f.text("project")), Closed: true}}), err
		},
	},
	{
		kind: "declare",
		fields: func(v *visit) []entry {
			return []entry{{Name: "person", Kind: "select", Choices: v.everybody()}, {Name: "projects", Kind: "people", Value: "open", Choices: v.projectChoices()}}
		},
		order: func(v *visit, f filing) (register.Order, error) {
			if err := v.chosen(f, "person"); err != nil {
				return register.Order{}, err
			}
			d := &roster.Declared{}
			for _, id := range f.Values["projects"] {
				d.Projects = append(d.Projects, roster.ProjectID(id))
			}
			return people(roster.Change{People: &roster.PersonChange{Person: roster.PersonID(f.text("person")), Declare: d}}), nil
		},
	},
}

// typedIn refuses the first of the fields in which nothing was typed.
func typedIn(f filing, names ...string) error {
	for _, name := range names {
		if f.text(name) == "" {
			return approval.Refuse(approval.Invalid, name, "请填写此项。", "Please fill this in.")
		}
	}
	return nil
}

// idWord is how ids look; the roster refuses others.
var idWord = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// fresh refuses an id that is none, or that somebody has.
func (v *visit) fresh(f filing, name string, taken bool) error {
	switch {
	case !idWord.MatchString(f.text(name)):
		return approval.Refuse(approval.Invalid, name, "编号由小写字母、数字和连字符组成，例如 qingke-culvert，请修改。", "An id is of lower-case letters, digits and hyphens, as in qingke-culvert; please change it.")
	case taken:
		return approval.Refuse(approval.Invalid, name, "这个编号已经使用，请另取一个。", "This id is taken; please choose another one.")
	}
	return nil
}

// heir is the department that a field names as the successor; one that is new is added to the reorganisation, once, in the
// district of the department that it takes over from.
func (v *visit) heir(f filing, field string, r *roster.Reorganisation, from roster.DepartmentID) (roster.DepartmentID, error) {
	switch to := f.text(field); to {
	case "":
		return "", v.choose(field)
	case anew:
		id := roster.DepartmentID(f.text("newId"))
		if len(r.New) > 0 {
			return id, nil
		}
		_, taken := v.Service.Rules().Roster.Department(id)
		if err := v.fresh(f, "newId", taken); err != nil {
			return "", err
		}
		if err := typedIn(f, "newZH", "newEN"); err != nil {
			return "", err
		}
		if err := v.chosen(f, "newKind"); err != nil {
			return "", err
		}
		old, _ := v.Service.Rules().Roster.Department(from) // one that is none the register refuses
		r.New = append(r.New, roster.Department{
			ID: id, Kind: roster.DepartmentKind(f.text("newKind")), District: old.District, Town: old.Town, NameZH: f.text("newZH"), NameEN: f.text("newEN"), Origin: roster.Origin{Source: f.text("ground")},
		})
		return id, nil
	default:
		return roster.DepartmentID(to), nil
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

// itemNumbers are the catalogue's items whose numbers a field lists.
func (v *visit) itemNumbers(f filing, field string) (numbers []int, err error) {
	for _, text := range digits.FindAllString(f.text(field), -1) {
		n, err := strconv.Atoi(text)
		if _, ok := v.Service.Rules().Catalog.Item(catalog.ItemNo(n)); err != nil || !ok {
			return nil, approval.Refuse(approval.Invalid, field, "目录中没有第%[1]s号事项，请核对编号。", "The catalogue has no item number %[1]s; please check it.", text)
		}
		numbers = append(numbers, n)
	}
	if len(numbers) == 0 && f.text(field) != "" {
		return nil, approval.Refuse(approval.Invalid, field, "请填写事项编号（数字），以顿号隔开。", "Give the items' numbers, with commas between them.")
	}
	return numbers, nil
}

// actingChoices are the departments that act today.
func (v *visit) actingChoices() (all []choice) {
	for _, d := range v.Service.Rules().Roster.Departments() {
		if d.Acting(v.today) {
			all = append(all, choice{Value: string(d.ID), Text: v.department(d.ID)})
		}
	}
	return all
}

func (v *visit) heirChoices() []choice {
	return append([]choice{{Value: anew, Text: v.t("unit.new")}}, v.actingChoices()...)
}

// newUnitEntries describe a department that begins with the change.
func (v *visit) newUnitEntries() []entry {
	kind := entry{Name: "newKind", Kind: "select", Label: v.t("unit.newKind")}
	for _, k := range roster.Kinds() {
		if k.Decides() {
			kind.Choices = append(kind.Choices, choice{Value: string(k), Text: v.name(k.Name())})
		}
	}
	return []entry{
		{Name: "newId", Kind: "text", Label: v.t("unit.newId"), Hint: v.t("unit.newId.hint")},
		{Name: "newZH", Kind: "text", Label: v.t("unit.newZH")},
		{Name: "newEN", Kind: "text", Label: v.t("unit.newEN")},
		kind,
	}
}

func (v *visit) branchChoices(tiers ...roster.Tier) (all []choice) {
	for _, b := range v.Service.Rules().Roster.Branches() {
		if b.Standing(v.today) && slices.Contains(tiers, b.Tier) {
			all = append(all, choice{Value: string(b.ID), Text: v.unit(string(b.ID))})
		}
	}
	return all
}

func (v *visit) projectChoices() (all []choice) {
	for _, p := range v.Service.Rules().Roster.Projects() {
		if !p.InForce(v.today) {
			continue
		}
		c := choice{Value: string(p.ID), Text: v.project(p.ID)}
		if b, ok := v.Service.Rules().Roster.BranchOf(p.ID); ok {
			c.Note = v.unit(string(b.ID))
		}
		all = append(all, c)
	}
	return all
}

// staff are who works in a department that answers sign-offs.
func (v *visit) staff() (all []choice) {
	r := v.Service.Rules().Roster
	for _, p := range r.Everybody() {
		for _, post := range p.Posts {
			if d, ok := r.Department(roster.DepartmentID(post.Unit)); ok && d.Kind.Decides() {
				all = append(all, choice{Value: string(p.ID), Text: v.person(p.ID), Note: v.unit(post.Unit)})
				break
			}
		}
	}
	return all
}
