package sqs

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// message is a message in a queue. A ready message can be received; it is in the queue's list of ready
// messages. A hidden message is in flight or delayed; it is in the queue's heap of hidden messages.
type message struct {
	id             string
	body           string
	attributes     map[string]attribute
	traceHeader    string
	group          string // its MessageGroupId, or ""
	sender         string // ROLE:SESSION, or "" for the account
	sent           time.Time
	firstReceived  time.Time
	received       time.Time // the last time
	receives       int       // from all queues
	elsewhere      int       // those from the queues that it was in before
	deadLetterFrom string    // ARN of the queue whose redrive policy moved it here

	serial    uint64 // unique within the service
	visibleAt time.Time
	inFlight  bool // hidden because it was received, not because of a delay

	previous, next *message // while ready
	hiddenIndex    int      // while hidden
	ageIndex       int
}

// attribute is a message attribute, or a message system attribute, as the sender sent it.
type attribute struct {
	DataType         string   `json:"DataType"`
	StringValue      *string  `json:"StringValue,omitempty"`
	BinaryValue      *blob    `json:"BinaryValue,omitempty"`
	StringListValues []string `json:"StringListValues,omitempty"`
	BinaryListValues [][]byte `json:"BinaryListValues,omitempty"`
}

// blob is binary data, a text in base64 in JSON. encoding/json alone would also take a list of numbers.
type blob []byte

func (b *blob) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return &json.UnmarshalTypeError{Value: "array", Type: reflect.TypeFor[string]()}
	}
	return json.Unmarshal(text, (*[]byte)(b))
}

// size returns the bytes that count towards the limit of 1 MiB: the body, and the name, type
// and value of each attribute.
func (m *message) size() int {
	size := len(m.body)
	for name, a := range m.attributes {
		size += len(name) + len(a.DataType) + len(a.value())
	}
	return size
}

func (a attribute) value() []byte {
	if a.StringValue != nil {
		return []byte(*a.StringValue)
	}
	if a.BinaryValue != nil {
		return *a.BinaryValue
	}
	return nil
}

// receiptHandle returns the receipt handle for the last time the message was received.
func (m *message) receiptHandle(queue string) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d", queue, m.serial, m.receives))
}

type receipt struct {
	queue    string
	serial   uint64
	receives int
}

func parseReceiptHandle(handle string) (receipt, bool) {
	text, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return receipt{}, false
	}
	parts := strings.Split(string(text), " ")
	if len(parts) != 3 {
		return receipt{}, false
	}
	serial, err1 := strconv.ParseUint(parts[1], 10, 64)
	receives, err2 := strconv.Atoi(parts[2])
	return receipt{parts[0], serial, receives}, err1 == nil && err2 == nil
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// attributesMD5 returns the digest that SDKs check for message attributes. It is "" when there
// are no attributes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
func attributesMD5(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	digest := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		writeField(digest, []byte(name))
		writeField(digest, []byte(a.DataType))
		if a.BinaryValue != nil {
			digest.Write([]byte{2})
		} else {
			digest.Write([]byte{1})
		}
		writeField(digest, a.value())
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func writeField(digest hash.Hash, value []byte) {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(value)))
	digest.Write(length[:])
	digest.Write(value)
}
