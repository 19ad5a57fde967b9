package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"simple-sam-demo/internal/commandline"
)

// mistake is a deliberate mistake: a change of one file that breaks a rule.
type mistake struct{ name, file, old, new string }

// workerMistakes are those that only a worker can make. They are looked for in runs in which workers consume.
var workerMistakes = []mistake{
	{"delete messages before they are handled", "shared/poller/process.go", "\tresponse, err := p.handle(ctx, event)\n", "\tp.delete(batch)\n\tresponse, err := p.handle(ctx, event)\n"},
	{"delete messages that failed", "shared/poller/process.go", "if failed[*message.MessageId] {", `if failed[""] {`},
	{"exit while batches are handled", "shared/poller/poller.go", "\tdefer loops.Wait()\n", ""},
	{"cut off receives at the end", "shared/poller/collector.go", "context.WithTimeout(context.WithoutCancel(ctx), longest+answerTime)", "context.WithTimeout(ctx, longest+answerTime)"},
	{"no deadline for a batch", "shared/poller/process.go", "ctx, cancel := context.WithDeadline(ctx, deadline)", "ctx, cancel := context.WithCancel(ctx)"},
	{"no heartbeat", "shared/poller/poller.go", "stopHolding := p.held.start()", "stopHolding := func() {}"},
	{"one beat in the time that messages are invisible", "shared/poller/holder.go", "time.NewTicker(h.invisible / 3)", "time.NewTicker(h.invisible)"},
	{"renew messages that were dealt with", "shared/poller/holder.go", "\t\tdelete(h.held, *m.ReceiptHandle)\n", ""},
	{"renew messages that others may have", "shared/poller/holder.go", "if !now.Before(h.oursUntil(held)) {", "if now.Before(held.renewed) {"},
	{"renew messages that were given back", "shared/poller/holder.go", "\tdelete(h.held, receiptHandle)\n", ""},
	{"give back without a word to the poller", "enricher/settle.go", "if h.Release != nil {", "if h.Release != nil && ctx == nil {"},
}

// mistakes are never in the shipped code. Each is laid over it for one build of this program, and the
// program must find that something is violated.
var mistakes = []mistake{
	{"store before enqueue", "writer/accept.go",
		"\tif len(some) == 1 {\n", "\tif h.store(ctx, some); len(some) == 1 {\n"},
	{"acknowledge before the item is stored", "writer/accept.go",
		"if panicked != nil {\n\t\terrs = table.Panicked(panicked, len(some))", "if panicked != nil || len(some) == 1 && !errors.Is(errs[0], table.ErrExists) {\n\t\terrs = make([]error, len(some))"},
	{"take messages that SQS refused in a batch for sent", "shared/queue/batch.go",
		"\tfor _, entry := range out.Failed {", "\tclear(failed)\n\tfor _, entry := range out.Failed[:0] {"},
	{"accept no more than ten of a batch", "writer/accept.go",
		"slices.Collect(slices.Chunk(submissions, queue.MaxBatch))", "slices.Collect(slices.Chunk(submissions, queue.MaxBatch))[:1]"},
	{"store all items of a batch, also those that were not enqueued", "writer/accept.go", "\t\tif s.err == nil {\n\t\t\tenqueued", "\t\tif s.err == nil || len(submissions) > 0 {\n\t\t\tenqueued"},
	{"accept what a batch did not store", "shared/table/batch.go", `errs[i] = fmt.Errorf("store item %s: %w", items[i].ID, err)`, "errs[i] = nil"},
	{"take a statement that failed for done", "shared/table/batch.go", "if err != nil || out.Responses[i].Error == nil {", "if err != nil || i >= 0 {"},
	{"write a batch without its conditions", "shared/table/batch.go", " AND model_version IS MISSING AND failure_code IS MISSING`", "`"},
	{"acknowledge without dead-lettering", "enricher/settle.go", "if fate == deadLetter {\n\t\tf.notSent", "if fate == deadLetter && d.fate == deadLetter {\n\t\tf.notSent"},
	{"acknowledge although dead-lettering failed", "enricher/fate.go", "case f.notSent:\n\t\treturn retry, delay", "case f.notSent && f.notMarked:\n\t\treturn retry, delay"},
	{"dead-letter without the sender", "shared/queue/deadletter.go", "d.OriginalSender.ID,", "d.OriginalSender.ID[:0],"},
	{"dead-letter without marking the item", "enricher/settle.go", "\t\t\tf = h.mark(ctx, b, t)\n", "\t\t\tif t.err == nil {\n\t\t\t\tf = h.mark(ctx, b, t)\n\t\t\t}\n"},
	{"dead-letter without the receive count", "shared/queue/deadletter.go", "strconv.Itoa(d.ReceiveCount)", "strconv.Itoa(d.ReceiveCount)[:0]"},
	{"take the last of two equal keys", "shared/item/parse.go", `return 0, "duplicate key " + feature.Name + " in body."`, "values = values[len(values)-1:]"},
	{"repeat a key that is refused, however long", "shared/item/parse.go", "shown == maxShownKey", "shown == maxShownKey<<20"},
	{"let a panic end the invocation", "shared/telemetry/telemetry.go", "panics.Catch(func() { err = do() })", "func() error { err = do(); return panics.Catch(func() {}) }()"},
	{"ignore UnprocessedKeys", "shared/table/table.go", "range out.UnprocessedKeys[t.name].Keys", "range out.UnprocessedKeys[t.name].Keys[:0]"},
	{"drop the conditional write", "shared/table/table.go", `:text))"),`, `:text)) OR attribute_exists(id)"),`},
	{"compare model versions the wrong way", "shared/table/table.go", "model_version BETWEEN :version AND :last", "model_version < :version"},
	{"keep the failure of a classified item", "shared/table/table.go", `"REMOVE failure_code, failure_reason, failed_at"`, `"REMOVE failed_at"`},
	{"no stop before the deadline", "shared/awsclient/deadline.go", "deadline.Add(-reserve)", "deadline.Add(reserve)"},
	{"drop a message at once whose item is missing", "enricher/fate.go", "f.kind == missing && h.isOrphan(d, f)", "f.kind == missing"},
	{"give up by the count of receives alone", "enricher/fate.go", "d.receiveCount >= h.maxReceiveCount || f.at.Sub(d.sent)+delay >= h.retention-RetentionMargin", "d.receiveCount >= h.maxReceiveCount"},
	{"notice the last receive one too late", "enricher/fate.go", "return d.receiveCount >= h.maxReceiveCount ||", "return d.receiveCount > h.maxReceiveCount ||"},
	{"report no batch item failures", "enricher/batch.go", "b.deliveries[i].fate == retry {", "b.deliveries[i].fate == retry && len(b.tasks) == 0 {"},
	{"take a failed call for done", "enricher/fate.go", "case f.kind == upToDate:", "case f.kind == upToDate, f.kind == callFailed:"},
	{"fail the batch for one message", "enricher/handler.go", "return b.response(event), nil", "if r := b.response(event); len(r.BatchItemFailures) > 0 {\n\t\treturn r, fmt.Errorf(\"retry\")\n\t}\n\treturn b.response(event), nil"},
}

const mistakeSeeds, mistakeItems = "60", "60"

// catchMistakes lays each mistake over the code, runs the seeds, and prints which invariant caught
// it. It returns the exit status.
func (o options) catchMistakes(ctx context.Context) int {
	all := slices.Concat(mistakes, workerMistakes)
	bar := commandline.NewBar(o.stderr, len(all), "mistakes")
	w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
	defer w.Flush() // after the bar is gone
	defer bar.Finish()
	fmt.Fprintln(w, "mistake\tcaught by")
	status := commandline.OK
	for i, m := range all {
		caught, err := m.caught(ctx, slices.Contains(workerMistakes, m))
		switch {
		case ctx.Err() != nil:
			fmt.Fprintf(w, "interrupted: %d of %d mistakes were tried\n", i, len(all))
			return commandline.Interrupted
		case err != nil:
			fmt.Fprintln(o.stderr, "sim:", err)
			return commandline.Failed
		case caught == "":
			caught, status = "NOTHING", commandline.Failed
		}
		fmt.Fprintf(w, "%s\t%s\n", m.name, caught)
		_ = bar.Add(1)
	}
	return status
}

// caught returns the first invariant that a mistake violates, or "".
func (m mistake) caught(ctx context.Context, ofWorker bool) (invariant string, err error) {
	folder, err := os.MkdirTemp("", "sim")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	program, err := m.build(ctx, folder)
	if err != nil {
		return "", err
	}
	run := exec.CommandContext(ctx, program, "-explain=false", "-seeds", mistakeSeeds, "-items", mistakeItems)
	if ofWorker {
		run.Args = append(run.Args, "-consumer", string(byWorker))
	}
	run.Dir = root()
	output, _ := run.Output() // fails when it catches the mistake
	_, violations, _ := strings.Cut(string(output), "run it again with:\n")
	lines := strings.Split(violations, "\n")
	if len(lines) < 2 {
		return "", nil
	}
	invariant, _, _ = strings.Cut(strings.TrimSpace(lines[1]), ": ")
	return invariant, nil
}

// build builds this program with the mistake in it.
func (m mistake) build(ctx context.Context, folder string) (program string, err error) {
	overlay, err := m.overlay(folder)
	if err != nil {
		return "", err
	}
	program = filepath.Join(folder, "sim")
	build := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", program, "./sim")
	build.Dir = root()
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build with mistake %q: %w\n%s", m.name, err, output)
	}
	return program, nil
}

// overlay writes the file for `go build -overlay` that lays the mistake over the code.
func (m mistake) overlay(folder string) (path string, err error) {
	file := filepath.Join(root(), filepath.FromSlash(m.file))
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), m.old) != 1 {
		return "", fmt.Errorf("mistake %q replaces a text that must be in %s exactly once, and is not: bring sim/mistakes.go up to date", m.name, m.file)
	}
	mistaken := filepath.Join(folder, "mistaken.go")
	if err := os.WriteFile(mistaken, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {file: mistaken}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(folder, "overlay.json")
	return path, os.WriteFile(path, replace, 0o600)
}
