package lambdahost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// mostPayload is the largest synchronous payload, in and out.
const mostPayload = 6 << 20

func (h *Host) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /env/{env}/2018-06-01/runtime/invocation/next", h.next)
	mux.HandleFunc("POST /env/{env}/2018-06-01/runtime/invocation/{id}/response", h.response)
	mux.HandleFunc("POST /env/{env}/2018-06-01/runtime/invocation/{id}/error", h.failure)
	mux.HandleFunc("POST /env/{env}/2018-06-01/runtime/init/error", h.initFailure)
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", h.invoke)
	return mux
}

// The Runtime API.

func (h *Host) process(w http.ResponseWriter, r *http.Request) *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.processes[r.PathValue("env")]
	if p == nil {
		runtimeError(w, http.StatusForbidden, "InvalidEnvironment", "there is no such execution environment")
	}
	return p
}

func runtimeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Failure{Type: kind, Message: message})
}

// next is a process asking for work: it is ready again.
func (h *Host) next(w http.ResponseWriter, r *http.Request) {
	p := h.process(w, r)
	if p == nil {
		return
	}
	h.mu.Lock()
	if p.current != nil {
		h.mu.Unlock()
		runtimeError(w, http.StatusForbidden, "InvalidStateTransition", "the request before is not answered yet")
		return
	}
	if !p.inited {
		p.inited, p.initFor = true, time.Since(p.begun)
		p.function.stats.Inits = append(p.function.stats.Inits, p.initFor)
	}
	h.ready(p)
	h.mu.Unlock()
	select {
	case inv := <-p.work:
		head := w.Header()
		head.Set("Content-Type", "application/json")
		head.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		head.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		head.Set("Lambda-Runtime-Invoked-Function-Arn", h.ARN(p.function.Name))
		head.Set("Lambda-Runtime-Trace-Id", "Root=1-"+strconv.FormatInt(p.begun.Unix(), 16)+"-"+strings.ReplaceAll(inv.id, "-", "")[:24]+";Sampled=0")
		_, _ = w.Write(inv.payload)
	case <-r.Context().Done():
	}
}

// current takes the request that a process answers.
func (h *Host) current(w http.ResponseWriter, r *http.Request) *invocation {
	p := h.process(w, r)
	if p == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	inv := p.current
	if inv == nil || inv.id != r.PathValue("id") {
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "this request is not the one under way")
		return nil
	}
	p.current = nil
	return inv
}

func (h *Host) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostPayload+1))
	inv := h.current(w, r)
	if inv == nil {
		return
	}
	kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type")
	switch {
	case err != nil:
		inv.done <- failed(inv.id, "Runtime.TruncatedResponse", err.Error())
	case len(body) > mostPayload:
		inv.done <- failed(inv.id, "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).")
	case kind != "":
		inv.done <- failed(inv.id, kind, r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
	default:
		inv.done <- Result{Payload: body}
	}
	w.WriteHeader(http.StatusAccepted)
}

func (h *Host) failure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostPayload))
	inv := h.current(w, r)
	if inv == nil {
		return
	}
	if err != nil || !json.Valid(body) {
		inv.done <- failed(inv.id, "Runtime.UnknownReason", "the error report is not JSON")
	} else {
		inv.done <- Result{Payload: body, Error: "Unhandled"}
	}
	w.WriteHeader(http.StatusAccepted)
}

func (h *Host) initFailure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostPayload))
	p := h.process(w, r)
	if p == nil {
		return
	}
	if err == nil && json.Valid(body) {
		h.mu.Lock()
		p.initError = body
		h.mu.Unlock()
	}
	w.WriteHeader(http.StatusAccepted)
}

// The Invoke API.

func (h *Host) invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, mostPayload+1))
	name := NameOf(r.PathValue("name"))
	switch {
	case err != nil:
		apiError(w, http.StatusBadRequest, "InvalidRequestContentException", err.Error())
		return
	case len(payload) > mostPayload:
		apiError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "the request is larger than 6 MB")
		return
	case len(payload) > 0 && !json.Valid(payload):
		apiError(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
		return
	case len(payload) == 0:
		payload = []byte("{}")
	}
	switch r.Header.Get("X-Amz-Invocation-Type") {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return
	case "Event":
		h.group.Go(func() {
			if _, err := h.Invoke(context.WithoutCancel(r.Context()), name, payload); err != nil {
				h.cfg.Log.Error("an event was not delivered", "function", name, "error", err)
			}
		})
		w.WriteHeader(http.StatusAccepted)
		return
	}
	result, err := h.Invoke(r.Context(), name, payload)
	if err != nil {
		if _, ok := errors.AsType[*NotFoundError](err); ok {
			apiError(w, http.StatusNotFound, "ResourceNotFoundException", err.Error())
		} else if _, ok := errors.AsType[*BusyError](err); ok {
			apiError(w, http.StatusTooManyRequests, "TooManyRequestsException", err.Error())
		} else {
			apiError(w, http.StatusInternalServerError, "ServiceException", err.Error())
		}
		return
	}
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("X-Amzn-RequestId", result.RequestID)
	head.Set("X-Amz-Executed-Version", "$LATEST")
	if result.Error != "" {
		head.Set("X-Amz-Function-Error", result.Error)
	}
	_, _ = w.Write(result.Payload)
}

func apiError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "message": message})
}

// NameOf is a function's own name out of a name, a partial or a full ARN, with or
// without a version.
func NameOf(name string) string {
	parts := strings.Split(name, ":")
	for k, part := range parts {
		if part == "function" && k+1 < len(parts) {
			return parts[k+1]
		}
	}
	return parts[0]
}
