package sqs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	kjson "sigs.k8s.io/json"
)

func init() {
	register("ListDeadLetterSourceQueues", (*Service).listDeadLetterSourceQueues)
	register("StartMessageMoveTask", (*Service).startMessageMoveTask)
	register("ListMessageMoveTasks", (*Service).listMessageMoveTasks)
	register("CancelMessageMoveTask", (*Service).cancelMessageMoveTask)
}

// move is a message move task. It takes the messages of a dead-letter queue and sends each as a
// new message to another queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
type move struct {
	handle      string
	source      *queue
	destination string // ARN, or "" for the queue that each message came from
	perSecond   int    // 0 means as fast as possible
	started     time.Time
	status      moveStatus
	moved       int
	toMove      int
	failure     string
}

type moveStatus string

const (
	moveRunning   moveStatus = "RUNNING"
	moveCompleted moveStatus = "COMPLETED"
	moveCancelled moveStatus = "CANCELLED"
	moveFailed    moveStatus = "FAILED"
)

// moveChunk is how many messages move each time the task holds the lock.
const moveChunk = 100

type startMoveRequest struct {
	SourceArn                    string
	DestinationArn               string
	MaxNumberOfMessagesPerSecond int
}

type taskHandle struct{ TaskHandle string }

func (s *Service) startMessageMoveTask(_ context.Context, in *startMoveRequest) (taskHandle, error) {
	if in.SourceArn == "" {
		return taskHandle{}, errMissing("SourceArn")
	}
	if in.MaxNumberOfMessagesPerSecond < 0 || in.MaxNumberOfMessagesPerSecond > 500 {
		return taskHandle{}, errRange("MaxNumberOfMessagesPerSecond", in.MaxNumberOfMessagesPerSecond, "Must be between 1 and 500")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	source, err := s.byARN(in.SourceArn)
	if err != nil {
		return taskHandle{}, errNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if len(s.sourcesOf(source)) == 0 {
		return taskHandle{}, errInvalidValue("Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationArn != "" {
		destination, err := s.byARN(in.DestinationArn)
		switch {
		case err != nil:
			return taskHandle{}, errNotFound("The resource that you specified for the DestinationArn parameter doesn't exist.")
		case destination == source: // the task would never end
			return taskHandle{}, errRange("DestinationArn", in.DestinationArn, "It is the SourceArn")
		}
	}
	for _, other := range s.moves {
		if other.source == source && other.status == moveRunning {
			return taskHandle{}, errInvalidValue("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	source.advance(time.Now())
	task := &move{
		handle: newTaskHandle(in.SourceArn), source: source, destination: in.DestinationArn, perSecond: in.MaxNumberOfMessagesPerSecond,
		started: time.Now(), status: moveRunning, toMove: source.ready.length,
	}
	s.moves = append(s.moves, task)
	go s.run(task)
	return taskHandle{task.handle}, nil
}

// run moves as many messages as were visible when the task began, or fewer if the queue runs empty. So a
// message that comes back at once is not moved for ever. AWS does not document when a task ends.
func (s *Service) run(task *move) {
	chunk, pause := moveChunk, time.Duration(0)
	if task.perSecond > 0 {
		chunk, pause = 1, time.Second/time.Duration(task.perSecond)
	}
	for s.step(task, chunk) {
		time.Sleep(pause)
	}
}

// step moves up to n messages and reports whether there may be more to do.
func (s *Service) step(task *move, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	task.source.advance(now)
	for range n {
		if task.status != moveRunning {
			return false
		}
		m := task.source.ready.first
		if m == nil || task.moved == task.toMove {
			task.status = moveCompleted
			return false
		}
		target := task.destination
		if target == "" {
			target = m.deadLetterFrom
		}
		destination, err := s.byARN(target)
		switch {
		case target == "": // somebody sent the message to the dead-letter queue directly
			task.status, task.failure = moveFailed, "CouldNotDetermineMessageSource"
			return false
		case err != nil:
			task.status, task.failure = moveFailed, "AWS.SimpleQueueService.NonExistentQueue"
			return false
		}
		task.source.remove(m)
		moved := s.newMessage(now)
		moved.body, moved.attributes, moved.traceHeader, moved.group, moved.sender = m.body, m.attributes, m.traceHeader, m.group, m.sender
		destination.advance(now)
		destination.add(moved, now.Add(destination.settings.delay), now)
		task.moved++
	}
	return true
}

type moveResult struct {
	TaskHandle                        string `json:",omitempty"` // only while the task runs
	Status                            moveStatus
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64  // milliseconds since 1970
}

type listMovesRequest struct {
	SourceArn  string
	MaxResults *int
}

// maxListedMoves is the largest number of move tasks in one list.
const maxListedMoves = 10

type listMovesResult struct{ Results []moveResult }

func (s *Service) listMessageMoveTasks(_ context.Context, in *listMovesRequest) (listMovesResult, error) {
	if in.SourceArn == "" {
		return listMovesResult{}, errMissing("SourceArn")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	source, err := s.byARN(in.SourceArn)
	if err != nil {
		return listMovesResult{}, errNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if err := checkMaxResults(in.MaxResults, maxListedMoves); err != nil {
		return listMovesResult{}, err
	}
	length := 1
	if in.MaxResults != nil {
		length = *in.MaxResults
	}
	result := listMovesResult{Results: []moveResult{}}
	for _, task := range slices.Backward(s.moves) {
		if task.source != source {
			continue
		}
		shown := moveResult{
			Status: task.status, SourceArn: in.SourceArn, DestinationArn: task.destination,
			MaxNumberOfMessagesPerSecond:      task.perSecond,
			ApproximateNumberOfMessagesMoved:  task.moved,
			ApproximateNumberOfMessagesToMove: task.toMove,
			FailureReason:                     task.failure,
			StartedTimestamp:                  task.started.UnixMilli(),
		}
		if task.status == moveRunning {
			shown.TaskHandle = task.handle
		}
		result.Results = append(result.Results, shown)
		if len(result.Results) == length {
			break
		}
	}
	return result, nil
}

type cancelMoveResult struct{ ApproximateNumberOfMessagesMoved int }

func (s *Service) cancelMessageMoveTask(_ context.Context, in *taskHandle) (cancelMoveResult, error) {
	task, err := parseTaskHandle(in.TaskHandle)
	if err != nil {
		return cancelMoveResult{}, errInvalidValue("Value for parameter TaskHandle is invalid.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.byARN(task.SourceARN); err != nil {
		return cancelMoveResult{}, errNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	for _, task := range s.moves {
		if task.handle == in.TaskHandle && task.status == moveRunning {
			task.status = moveCancelled
			return cancelMoveResult{task.moved}, nil
		}
	}
	return cancelMoveResult{}, errNotFound("Task does not exist.")
}

type taskName struct {
	ID        string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func newTaskHandle(sourceARN string) string {
	text, err := json.Marshal(taskName{uuid.NewString(), sourceARN})
	if err != nil {
		panic(err) // cannot happen: the struct holds only two strings
	}
	return base64.StdEncoding.EncodeToString(text)
}

func parseTaskHandle(handle string) (taskName, error) {
	var name taskName
	text, err := base64.StdEncoding.DecodeString(handle)
	if err == nil {
		err = kjson.UnmarshalCaseSensitivePreserveInts(text, &name)
	}
	return name, err
}

type listSourcesRequest struct {
	queueRequest
	MaxResults *int
	NextToken  string
}

type sourceQueuesResult struct {
	QueueUrls []string `json:"queueUrls"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listDeadLetterSourceQueues(ctx context.Context, in *listSourcesRequest) (sourceQueuesResult, error) {
	if err := checkMaxResults(in.MaxResults, maxListed); err != nil {
		return sourceQueuesResult{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return sourceQueuesResult{}, err
	}
	var names []string
	for _, source := range s.sourcesOf(q) {
		names = append(names, source.name)
	}
	slices.Sort(names)
	urls, next, err := s.page(ctx, names, in.NextToken, in.MaxResults)
	return sourceQueuesResult{append([]string{}, urls...), next}, err
}
