// Package saving measures how much time parallel sign-off saves (压缩时间), and says what it cannot know.
//
// It must not know where its numbers come from: no issues, no store, no screens, no clock. It imports the
// standard library and package calendar. Everything in it is a function of its arguments.
//
// # Measures
//
// A piece of work raised on R, accepted on A and decided on D with stopped days E has
//
//	net   = wd(A, D) - wd(E within (A, D])   what the office used
//	gross = wd(R, D)                         what the applicant waited
//
// where wd(a, b) counts the working days d with a < d <= b: the first day does not count (民法典 art. 201) and time in
// which the clock stood (supplement; hearing, testing, expert review: 行政许可法 art. 45) is left out. Both are always given, with the share of the gross time in which the
// applicant held the file.
//
// Over the prerequisite graph of one issue, with x the days of each task,
//
//	S(x) = the sum           one office after the other
//	C(x) = the longest path  everything at once that can be
//	T    = the actual span, from raised to the last decision
//
// T - C(net) is the hand-off loss: all that is neither review nor prerequisite, waiting for acceptance and stops included.
//
// # Baselines
//
//	(a) S of the statutory limits, an upper bound: offices are rarely as slow as the law lets them be
//	(b) C of the statutory limits
//	(c) S and C of the historical medians
//	(d) the median span of matched projects
//
// They stand side by side. The headline is (d), else (c), each with n of at least [EnoughN], else it says insufficient.
// It is never (a) or (b): a limit is not a time anybody took. A statutory baseline lacking the limit of an item has no
// number; it names the item instead.
//
// # Attribution
//
// From the historical medians h to the actual net days a over the same graph,
//
//	parallelism   = ½[(S(h) - C(h)) + (S(a) - C(a))]
//	faster review = ½[(S(h) - S(a)) + (C(h) - C(a))]
//
// which add up to S(h) - C(a). It is the mean over the two orders in which the change could have been made (the Shapley
// value of the two causes), so neither gets the part that needs both. Days in multiples of a quarter, which medians of
// whole and half days are, add up exactly in float64: eighths of a day fit below 2^49, far above any sum here.
//
// # Units
//
// [WorkingDays] and [CalendarDays] are different types. Only calendar days turn into [Months], at 30.4375 days; there
// is no way from working days to months, because a month holds between 15 and 23 of them and the quotient means nothing.
//
// # Open cases
//
// Whoever counts closed cases alone makes slow offices look fast: a case that is still open is long, not absent. Every set of
// durations is therefore a [Histogram] with the open ones in it, and what is said of it comes from its [Curve]:
//
//	S(t) = Π (1 - d/n)        the share still open after t (Kaplan and Meier, 1958), ended in whichever way
//	F(t) = Σ S(before) d'/n   the share decided, refused or withdrawn by t (Aalen and Johansen, 1978): all three and S add up to 1
//	median, P90               the first day with S <= 0.5, <= 0.1; "not reached" when there is none
//	mean within τ             the area under S up to τ, before and after at the same τ, their difference with a seeded
//	                          bootstrap interval
//
// over the days t on which d of the n still open ended. A histogram has no room for who or when, so that it merges: what a
// year of them says is what its cases say. Cohorts are by month raised. On time are those answered by the due day, of all
// answered and all open past due. Cases granted on commitment are apart: their verification was moved to later, not
// removed. Fewer than [EnoughN] cases are insufficient.
//
// # History
//
// The medians of the baselines (c) come from cases here or from a register of past approvals ([ReadArchive]), which is versioned,
// says what is wrong or odd by row in words, and never leaves out a case for being long. A median that is not reached is a
// baseline that is missing.
//
// # Bottlenecks
//
// Of each item and each department, over the answered issues ([Bottlenecks]):
//
//	criticality   the share of issues in which it lay on a longest path, and by how many days C would be less without it
//	slack         how much later it could have been with C the same (total float)
//	queue, touch  receipt to claim; claim to answer, without stops. What is open counts as long as it was seen
//	first pass    answered with no supplement and no return, of all answered
//	variants      how many issues took the same sequence of answers
//	concurrency   ΣS / ΣT
//	chart         which spans differ by more than the noise of the process (XmR)
//
// # What if, and when
//
// [Imagine] replays recorded work through the queues of the departments, as things are and with a limit, a competence, a
// prerequisite or a department's capacity changed; it says how far the replay is from what was recorded. [Foresee] plays
// the rest of an open issue from how long comparable cases took that lasted as long as its pieces have already. Both
// say what they suppose, both need [EnoughN] cases, and neither promises anything. Package eventlog exports what happened for
// the tools of process mining.
package saving
