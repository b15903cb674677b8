package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"lianban/shared/approval"
	"lianban/shared/approval/approvaltest"
	"lianban/shared/local"
)

// TestAFilePutToAnIssueIsThereAfterARestart uploads as a client does, over the
// network, and looks again from another process's point of view.
func TestAFilePutToAnIssueIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "l.db")
	s := start(t, local.Server{Data: data, Listen: "127.0.0.1:0", Empty: true})
	token := ""
	ask := func(method, path string, body []byte, out any) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", path)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, text, err)
		}
		if content, ok := out.(*[]byte); ok {
			*content = text
		} else if out != nil {
			if err := json.Unmarshal(text, out); err != nil {
				t.Fatal(err)
			}
		}
		return response
	}
	signIn := func() {
		var session struct{ Token string }
		token = ""
		ask("POST", "/api/v1/session", []byte(`{"person":"fenjiang-secretary","role":"secretary","unit":"branch-fenjiang"}`), &session)
		token = session.Token
	}
	signIn()
	var issue struct {
		ID          string
		Attachments []struct{ URL string }
	}
	ask("POST", "/api/v1/issues", []byte(`{"project":"fenjiang-west-bank","title":"占道施工","items":[33]}`), &issue)
	content := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("图"), 3<<20)...) // more than a JSON body may have
	said, err := json.Marshal(map[string]any{"name": "总平面图.pdf", "purpose": "petition", "hash": approvaltest.Hash(string(content)), "size": len(content)})
	if err != nil {
		t.Fatal(err)
	}
	var upload struct{ Method, URL string }
	ask("POST", "/api/v1/issues/"+issue.ID+"/attachments/uploads", said, &upload)
	token, keep := "", token
	ask(upload.Method, upload.URL, content, nil)
	token = keep
	said = bytes.Replace(said, []byte(`,"size":9437193`), nil, 1)
	ask("POST", "/api/v1/issues/"+issue.ID+"/attachments", said, &issue)

	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, local.Server{Data: data, Listen: "127.0.0.1:0", Empty: true})
	var got []byte
	if ask("GET", issue.Attachments[0].URL, nil, &got); !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back of %d", len(got), len(content))
	}
}

func TestFilesThatNoIssueCameToNameGo(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	clock := approvaltest.NewClock(time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC))
	app, err := local.Open(ctx, local.Config{Data: filepath.Join(t.TempDir(), "l.db"), Now: clock.Now, NewID: approvaltest.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	secretary := approval.Actor{Person: "fenjiang-secretary", Role: "secretary", Unit: "branch-fenjiang"}
	issue, _, err := app.Service.Create(ctx, approval.Save{Petition: approval.Petition{Project: "fenjiang-west-bank", Title: "占道"}}, approval.Call{Actor: secretary})
	if err != nil {
		t.Fatal(err)
	}
	put := func(id approval.IssueID, content string) string {
		t.Helper()
		hash, _, err := app.Files().Put(id, "", bytes.NewReader([]byte(content)))
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	attach := func(content string) {
		t.Helper()
		if _, _, err := app.Service.Do(ctx, issue.ID, approval.Attach{Purpose: approval.ForPetition, Name: content + ".txt", Hash: put(issue.ID, content)}, approval.Call{Actor: secretary}); err != nil {
			t.Fatal(err)
		}
	}
	attach("named")
	attach("taken back")
	if _, _, err := app.Service.Do(ctx, issue.ID, approval.Detach{ID: approvaltest.Hash("taken back"), Reason: "传错"}, approval.Call{Actor: secretary}); err != nil {
		t.Fatal(err)
	}
	put(issue.ID, "given up")
	put("an-issue-that-never-was", "named")
	for day, want := range []int{0, 2, 0} {
		if n, err := app.SweepFiles(context.WithoutCancel(ctx)); n != want || err != nil {
			t.Errorf("on day %d %d files went instead of %d: %v", day, n, want, err)
		}
		clock.Add(25 * time.Hour)
	}
	for _, content := range []string{"named", "taken back"} {
		file, _, err := app.Files().Open(issue.ID, approvaltest.Hash(content))
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
}
