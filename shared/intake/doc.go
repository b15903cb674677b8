// Package intake takes in what does not begin as an issue: requests (诉求) of
// enterprises, residents and villages, which get a receipt number and a reply
// clock and become issues or answers; and matters for which partner units are asked
// to help (认领).
//
// It must not know HTTP or SQL, nor how a record is stored. It imports approval
// (through which a request becomes an issue), docket (which keeps its records),
// and calendar and roster. It reads no clock and makes no secrets: both come in.
//
// # A request's life; each status says who acts next
//
//	registered ── accept ──▶ accepted ── answer ──▶ answered ──┐
//	   │  ▲                   │     └─ raise ──▶ raised ─answer─▶ close ──▶ closed
//	   │  └──── hand on ──────┘                                  │
//	   └─────── decline ─────────────────────▶ declined ─────────┘
//
//	registered  the unit that it was sent to: accept it, hand it on, or decline it
//	accepted    that unit: answer it, or draft an issue
//	raised      the course; once it has ended, the branch owes the answer
//	answered, declined  who registered it: see that the requester knows, and close it
//	closed      nobody
//
// # A matter's life
//
//	open ── claim ──▶ claimed ── confirm ──▶ done
//	 │ ▲               │
//	 │ └── give back ──┘
//	 ├── withdraw ──▶ withdrawn
//	 └── its last day passes ──▶ expired
//
// # Promises
//
//   - Receipt numbers run per year from 1 without gaps or doubles, whoever
//     registers at the same time and whatever breaks. A number is the name of its
//     record, and a record is made only if it is not there and the one before is.
//     The counter beside it only says where to begin looking; it may lag.
//   - A request becomes one issue: its draft is made first, under an id derived
//     from the receipt number, then the request is marked. When that was cut off
//     between the two, whoever repeats it is given the same draft.
//   - A contact's name and phone stand in the record alone: in no list, no event,
//     no log, and not in what the check code opens.
//   - A matter has one claimer at a time, the first. For a co-building unit without an
//     account somebody else than the publisher records the claim; both are on record. Nobody claims it after its last
//     day; its expiry is written down when it is next met in the list.
//   - Of a check code only the hash is kept. A wrong number and a wrong code are
//     answered alike.
package intake
