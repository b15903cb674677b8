package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"lianban/shared/asl"
)

// A record is one event as the journal keeps it: its kind, when it was accepted
// in milliseconds since the execution's start, and what only the outside knew.
// A five-party round takes about 14 records of some 20 bytes and their payloads.
// Kinds are asl.EventKind, whose numbers never change; the layout of a kind
// never changes either.

func appendRecord(dst []byte, ev asl.Event, since time.Duration) []byte {
	dst = append(dst, byte(ev.Kind))
	dst = binary.AppendVarint(dst, since.Milliseconds())
	switch ev.Kind {
	case asl.KindStart:
		dst = append(dst, ev.Start.Seed[:]...)
		dst = appendBytes(dst, ev.Start.Input)
	case asl.KindInvokeReturned, asl.KindTokenSucceeded:
		dst = binary.AppendUvarint(dst, uint64(ev.Task))
		dst = appendBytes(dst, ev.Output)
	case asl.KindInvokeFailed, asl.KindTokenFailed:
		dst = binary.AppendUvarint(dst, uint64(ev.Task))
		dst = appendBytes(dst, ev.Error)
		dst = appendBytes(dst, ev.Cause)
	case asl.KindHeartbeat:
		dst = binary.AppendUvarint(dst, uint64(ev.Task))
	case asl.KindAbort:
		dst = appendBytes(dst, ev.Error)
		dst = appendBytes(dst, ev.Cause)
	}
	return dst
}

func appendBytes[T []byte | string](dst []byte, s T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

var errRecord = errors.New("damaged record")

// reader decodes the records of one chunk.
type reader struct {
	src []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	n, k := binary.Uvarint(r.src)
	if k <= 0 {
		r.bad, r.src = true, nil
		return 0
	}
	r.src = r.src[k:]
	return n
}

func (r *reader) varint() int64 {
	n, k := binary.Varint(r.src)
	if k <= 0 {
		r.bad, r.src = true, nil
		return 0
	}
	r.src = r.src[k:]
	return n
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.src)) {
		r.bad, r.src = true, nil
		return nil
	}
	out := r.src[:n:n]
	r.src = r.src[n:]
	return out
}

func (r *reader) record() (ev asl.Event, since time.Duration, err error) {
	ev.Kind = asl.EventKind(r.bytes(1)[0])
	since = time.Duration(r.varint()) * time.Millisecond
	switch ev.Kind {
	case asl.KindStart:
		ev.Start = &asl.Start{}
		copy(ev.Start.Seed[:], r.bytes(16))
		ev.Start.Input = r.bytes(r.uvarint())
	case asl.KindInvokeReturned, asl.KindTokenSucceeded:
		ev.Task = int64(r.uvarint())
		ev.Output = r.bytes(r.uvarint())
	case asl.KindInvokeFailed, asl.KindTokenFailed:
		ev.Task = int64(r.uvarint())
		ev.Error = string(r.bytes(r.uvarint()))
		ev.Cause = string(r.bytes(r.uvarint()))
	case asl.KindHeartbeat:
		ev.Task = int64(r.uvarint())
	case asl.KindAbort:
		ev.Error = string(r.bytes(r.uvarint()))
		ev.Cause = string(r.bytes(r.uvarint()))
	case asl.KindWake, asl.KindResume:
	default:
		return ev, 0, fmt.Errorf("%w: kind %d", errRecord, ev.Kind)
	}
	if r.bad {
		return ev, 0, errRecord
	}
	return ev, since, nil
}

// replay applies an execution's chunks, giving every history event to see when
// it is not nil.
func replay(def *asl.Definition, row Execution, chunks [][]byte, see func([]asl.HistoryEvent)) (asl.Execution, error) {
	var x asl.Execution
	for i, chunk := range chunks {
		for r := (reader{src: chunk}); len(r.src) > 0; {
			ev, since, err := r.record()
			if err != nil {
				return x, fmt.Errorf("execution %d, chunk %d: %w", row.ID, i, err)
			}
			if ev.Kind == asl.KindStart {
				complete(ev.Start, row)
			}
			res, err := asl.Step(def, x, ev, row.StartedAt.Add(since))
			if err != nil {
				return x, fmt.Errorf("execution %d, chunk %d: replay: %w", row.ID, i, err)
			}
			x = res.Execution
			if see != nil {
				see(res.History)
			}
		}
	}
	if len(chunks) == 0 {
		return x, fmt.Errorf("execution %d has no records", row.ID)
	}
	return x, nil
}

// complete fills in what follows from the row, so the record need not hold it.
func complete(s *asl.Start, row Execution) {
	s.ID = ExecutionID(row.Machine, row.Name)
	s.Name = row.Name
	s.MachineID = "stateMachine:" + row.Machine
	s.TokenPrefix = tokenPrefix(row.ID)
}
