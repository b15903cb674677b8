package roster

import "fmt"

// Fault is one thing that is wrong with a roster or with a change of it, as a
// sentence for a person.
type Fault struct{ Text Name }

// Error is the English sentence.
func (f *Fault) Error() string { return f.Text.EN }

// Faults returns the faults that an error of [Load] or [Roster.With] lists, in
// order; none when it is another error.
func Faults(err error) []Fault {
	if f, ok := err.(*Fault); ok { //nolint:errorlint // the tree is walked below
		return []Fault{*f}
	}
	var all []Fault
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			all = append(all, Faults(err)...)
		}
	case interface{ Unwrap() error }:
		all = Faults(e.Unwrap())
	}
	return all
}

// problems gathers what is wrong, each with its place.
type problems []error

// add says what is wrong at a place. Both sentences take the same arguments, in
// the order of the verbs; where the languages differ, each names its own.
func (p *problems) add(place Name, zh, en string, args ...any) {
	*p = append(*p, &Fault{Name{place.ZH + "：" + fmt.Sprintf(zh, args...), place.EN + ": " + fmt.Sprintf(en, args...)}})
}

func districtPlace(id DistrictCode) Name {
	return Name{"区域 " + string(id), "district " + string(id)}
}

func departmentPlace(id DepartmentID) Name {
	return Name{"部门 " + string(id), "department " + string(id)}
}

func projectPlace(id ProjectID) Name { return Name{"项目 " + string(id), "project " + string(id)} }

func branchPlace(id BranchID) Name { return Name{"支部 " + string(id), "branch " + string(id)} }

func personPlace(id PersonID) Name { return Name{"人员 " + string(id), "person " + string(id)} }
