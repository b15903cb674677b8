package city

// Assumptions are the numbers that no source states (拟定). Shares are of one;
// days are working days.
type Assumptions struct {
	IssuesAYear float64 // raised for each project in a year
	Matters     float64 // share of issues about a coordination matter; the rest ask for items
	ItemsLeast  int     // items that an issue asks for
	ItemsMost   int
	Pledged     float64 // share of items open to commitment that are asked for on it

	Busy        [2]float64 // how busy a department is meant to be: staff is hired for a load between the two
	TasksADay   [2]float64 // what one officer gets done in a day, beside other duties
	OfficersMin int        // officers that a department has at least
	LeavesAYear int        // absences of an officer; each with a colleague as substitute
	LeaveDays   [2]int     // working days of one absence

	StudyShare  float64 // median study of a case, as a share of its limit
	StudySpread float64 // standard deviation of the study's logarithm
	StudyMost   float64 // longest study, as a share of the limit

	Supplement float64 // share of cases whose papers are incomplete
	Objection  float64 // share of cases that are objected to
	ObjectAnew float64 // the same in a later round
	Transfer   float64 // share of cases handed to another department
	SentBack   float64 // share of those that it sends back
	Recusal    float64 // share of cases in which an officer declares an interest
	OnPledge   float64 // share of approvals on commitment where it was asked for
	Condition  float64 // share of approvals on conditions
	Gaps       float64 // share of approvals with papers missing, where the item allows it
	ExtendYes  float64 // share of extensions that the lead grants

	AnswerMean  float64 // days until the branch brings a supplement, beyond the first
	NoAnswer    float64 // share of supplements that do not come in time
	Resubmit    float64 // days until the branch resubmits, beyond the first
	ConfirmMean float64 // days until the branch confirms, beyond the first
	NoConfirm   float64 // share of ended issues that nobody confirms
	Withdrawn   float64 // share of issues that the branch withdraws
	Urge        float64 // share of parts on yellow or red that the branch urges, a day
	DutyKept    float64 // share of duties that the branch reports before their date
	DutyDays    [2]int  // days that a duty is given

	RuleMean float64     // days until an objection is ruled on, beyond the first
	SetAside float64     // share of objections that are set aside
	Uphold   float64     // share that is upheld; the rest is sent back for revision
	NoticeOK float64     // share of replies to supervision notices that satisfy
	Month    [12]float64 // how many issues a month brings, beside the others
}

// Assumed are the defaults.
func Assumed() Assumptions {
	return Assumptions{
		IssuesAYear: 10, Matters: 0.35, ItemsLeast: 4, ItemsMost: 8, Pledged: 0.3,
		Busy: [2]float64{0.55, 0.88}, TasksADay: [2]float64{0.5, 0.9}, OfficersMin: 2, LeavesAYear: 2, LeaveDays: [2]int{3, 8},
		StudyShare: 0.3, StudySpread: 0.6, StudyMost: 1.4,
		Supplement: 0.18, Objection: 0.03, ObjectAnew: 0.01, Transfer: 0.01, SentBack: 0.3, Recusal: 0.004,
		OnPledge: 0.8, Condition: 0.06, Gaps: 0.08, ExtendYes: 0.85,
		AnswerMean: 3, NoAnswer: 0.04, Resubmit: 2, ConfirmMean: 2, NoConfirm: 0.1, Withdrawn: 0.015, Urge: 0.15,
		DutyKept: 0.93, DutyDays: [2]int{10, 40},
		RuleMean: 1.5, SetAside: 0.5, Uphold: 0.15, NoticeOK: 0.85,
		Month: [12]float64{0.7, 0.6, 1.3, 1.2, 1.1, 1.1, 1, 1, 1.1, 0.8, 1.1, 1},
	}
}
