// Package measure keeps the figures that the bureau shows and defends: how many
// sign-offs (会签任务) and issues (问题) ended, how long they took, how many are open
// and since when. It is a read model over approval, folded from the change feed.
//
// It must not know SQL, AWS or HTTP, and decides nothing: what a day is, is package
// calendar's to say, what a saving is, package saving's. It imports approval,
// calendar, catalog, roster and saving.
//
// # How figures are kept
//
// What one issue adds to the figures is its [Sheet]: a function of the issue as it
// stands and of nothing else, not even of today. Folding an issue takes away what its
// last sheet had added, adds the new one, and keeps the new sheet beside the issue, all in
// one transaction that depends on the versions of everything in it. The relay asks for it
// whenever a commit changed what counts, and forgets the commit's outbox record only when
// it has been done; what it could not do the sweep does. So an issue
// counts exactly once, however often and in whatever order the feed hands it over,
// and a reopened issue is open again and leaves the month in which it had ended.
//
// A [Cell] sums up the sign-offs of one department and one subject, a [Form] the
// issues of one prerequisite graph. Both stand under the month in which what they
// count ended, or under [OpenMonth], and the district:
//
//	decided in March in the district     one partition: its cells, its forms
//	open in the district                 one partition, with dates instead of lengths
//	raised in March (cohort, 队列)        the partitions from March on, by the month raised
//	of one department                    the cells of a partition that begin with its name
//
// Lengths are kept as counts by whole working days ([Days]), which add up without
// loss: medians, percentiles and survival curves come out as from the single cases.
//
// # What it costs
//
// A decision touches two cells (open, ended) of a kilobyte or two and the sheet. One
// issue with five sign-offs takes about sixty write units for its figures, of 340 in all. At
// fifteen million sign-offs a year that is a few writes in a second, spread over the
// districts' partitions.
//
// A city's year with a million sign-offs is a hundred thousand records, which take seconds to
// read: [Keeper.Recent] gives what took long again for a while.
//
// Road not taken: to compute figures from the issues whenever they are asked for,
// which [Keeper.Compare] does to check the cells: it reads everything.
package measure
