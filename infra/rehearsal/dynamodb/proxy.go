package dynamodb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Units are what requests were charged: read and write request units, those of
// the indexes included.
type Units struct{ Read, Write float64 }

// Fault decides what happens to a request: nil lets it pass. It sees the
// operation's name and the request.
type Fault func(operation string, body []byte) *Answer

// Answer is a fault.
type Answer struct {
	Status  int // 400 when 0
	Type    string
	Message string
	// Reasons are a cancelled transaction's, one for each of its operations.
	Reasons []string
	// After says that the server carries the request out first: the answer is
	// lost on the way.
	After bool
}

// Throttled is DynamoDB's answer to too much traffic.
func Throttled() *Answer {
	return &Answer{Type: "ProvisionedThroughputExceededException", Message: "The level of configured provisioned throughput for the table was exceeded."}
}

// Conflicted is DynamoDB's answer to a transaction on an item that another
// transaction holds.
func Conflicted(body []byte) *Answer { return cancelled(body, "TransactionConflict") }

// ThrottledTransaction cancels a transaction for want of capacity.
func ThrottledTransaction(body []byte) *Answer { return cancelled(body, "ThrottlingError") }

func cancelled(body []byte, code string) *Answer {
	var in struct {
		TransactItems []json.RawMessage
	}
	if json.Unmarshal(body, &in) != nil || len(in.TransactItems) == 0 {
		return nil
	}
	a := &Answer{Type: "TransactionCanceledException"}
	for k := range in.TransactItems {
		if k == 0 {
			a.Reasons = append(a.Reasons, code)
		} else {
			a.Reasons = append(a.Reasons, "None")
		}
	}
	a.Message = "Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(a.Reasons, ", ") + "]"
	return a
}

// Proxy passes requests on to a server, counts what they are charged and
// injects faults. It is an http.Handler.
type Proxy struct {
	server string

	mu       sync.Mutex
	units    Units
	requests map[string]int
	fault    Fault
}

// NewProxy stands before the server at an address.
func NewProxy(server string) *Proxy {
	return &Proxy{server: server, requests: map[string]int{}}
}

// Inject sets the fault, nil for none.
func (p *Proxy) Inject(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Units is what all requests were charged so far.
func (p *Proxy) Units() Units {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.units
}

// Requests is how often each operation was asked for and reached the server.
func (p *Proxy) Requests() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int{}
	for k, n := range p.requests {
		out[k] = n
	}
	return out
}

// reads and writes are the operations that are charged.
var charged = map[string]bool{ // whether it writes
	"GetItem": false, "BatchGetItem": false, "Query": false, "Scan": false, "TransactGetItems": false,
	"PutItem": true, "UpdateItem": true, "DeleteItem": true, "BatchWriteItem": true, "TransactWriteItems": true,
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	p.mu.Lock()
	fault := p.fault
	p.mu.Unlock()
	var answer *Answer
	if fault != nil {
		answer = fault(operation, body)
	}
	if answer != nil && !answer.After {
		answer.write(w)
		return
	}
	writes, counts := charged[operation]
	if counts {
		body = withUnits(body)
	}
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.server, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for key, values := range r.Header {
		if key != "Content-Length" && key != "Accept-Encoding" {
			req.Header[key] = values
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	p.mu.Lock()
	p.requests[operation]++
	if counts && resp.StatusCode == http.StatusOK {
		if n := unitsOf(text); writes {
			p.units.Write += n
		} else {
			p.units.Read += n
		}
	}
	p.mu.Unlock()
	if answer != nil {
		answer.write(w)
		return
	}
	for key, values := range resp.Header {
		w.Header()[key] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(text)
}

// withUnits asks the server what the request is charged.
func withUnits(body []byte) []byte {
	var in map[string]json.RawMessage
	if json.Unmarshal(body, &in) != nil {
		return body
	}
	in["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
	out, err := json.Marshal(in)
	if err != nil {
		return body
	}
	return out
}

// unitsOf sums up what an answer says, for one table or for several.
func unitsOf(answer []byte) float64 {
	type consumed struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity consumed }
	if json.Unmarshal(answer, &one) == nil && one.ConsumedCapacity.CapacityUnits > 0 {
		return one.ConsumedCapacity.CapacityUnits
	}
	var many struct{ ConsumedCapacity []consumed }
	if json.Unmarshal(answer, &many) != nil {
		return 0
	}
	sum := 0.0
	for _, c := range many.ConsumedCapacity {
		sum += c.CapacityUnits
	}
	return sum
}

// write answers as the service does, checksum included.
func (a *Answer) write(w http.ResponseWriter) {
	out := map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#" + a.Type, "message": a.Message}
	if a.Reasons != nil {
		out["Message"] = a.Message
		var reasons []map[string]string
		for _, code := range a.Reasons {
			reasons = append(reasons, map[string]string{"Code": code})
		}
		out["CancellationReasons"] = reasons
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(fmt.Sprintf("dynamodb: an answer cannot be encoded: %v", err))
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(text)), 10))
	status := a.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
