package console

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"simple-sam-demo/internal/console/letters"
	"simple-sam-demo/shared/awsclient"
	"simple-sam-demo/shared/table"
)

// advice is what is said when something does not work: what it is, and what to do.
type advice struct {
	Title, Do string
	Detail    string // the error itself
	Status    int    // HTTP
}

// causes are AWS's error codes with what they mean to whoever sits before the page.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
var causes = []struct {
	codes     []string
	title, do string
}{
	{[]string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"},
		"Your credentials have expired", "Log in again, with aws sso login say."},
	{[]string{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken", "NotAuthorized", "OptInRequired"},
		"AWS does not know these credentials", "Check AWS_PROFILE, and that it belongs to the account of the stack. Then start the console again."},
	{[]string{"Throttling", "ThrottlingException", "RequestThrottled", "RequestLimitExceeded", "ProvisionedThroughputExceededException", "ThrottledException"},
		"AWS throttles the calls", "Wait some seconds. Other clients use the same quota; close pages that you do not need."},
	{[]string{"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException"},
		"The queue or table is not there", "Has the stack been deleted, or started anew under other names? Check, and start the console again."},
}

// advise says what to do about an error.
func (s *server) advise(err error) advice {
	a := advice{Title: "That did not work", Do: "Try again. If it goes on, the text below says what AWS answered.", Detail: err.Error(), Status: http.StatusBadGateway}
	var mistake *mistake
	var api smithy.APIError
	var operation *smithy.OperationError
	var network net.Error
	code := ""
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	errors.As(err, &operation)
	switch {
	case errors.As(err, &mistake):
		a.Title, a.Do, a.Detail, a.Status = mistake.title, mistake.do, "", http.StatusBadRequest
	case errors.Is(err, errOldForm):
		a.Title, a.Do, a.Detail, a.Status = "Nothing was changed: the form has no valid token", "The program was started anew after your page was loaded. Load the page again, and then send its form.", "", http.StatusForbidden
	case errors.Is(err, letters.ErrBusy):
		a.Title, a.Do, a.Detail, a.Status = "Somebody else is looking at the dead letters", "To look twice at once would hide some from each. Try again in a moment; a download takes up to a minute.", "", http.StatusServiceUnavailable
	case errors.Is(err, letters.ErrMoving):
		a.Title, a.Do, a.Detail, a.Status = "The dead letters are being redriven", "To look at them now would keep them from it. Wait until it is done, or cancel it.", "", http.StatusConflict
	case errors.Is(err, errNoPage):
		a.Title, a.Do, a.Detail, a.Status = "There is no such page", "The links above lead to all pages.", "", http.StatusNotFound
	case errors.Is(err, table.ErrNotFound):
		a.Title, a.Do, a.Detail, a.Status = "There is no item with this id", "Check the id: it has 32 characters. The item may never have been stored: then its message is dropped after some seconds.", "", http.StatusNotFound
	case strings.HasPrefix(code, "AccessDenied") && operation != nil:
		a.Title = "You are not allowed to do this"
		a.Do = fmt.Sprintf("Your role needs the permission %s:%s.", strings.ToLower(operation.Service()), operation.Operation())
	case strings.Contains(err.Error(), "get credentials:"):
		a.Title, a.Do = "There are no credentials", "Log in with aws sso login, or set AWS_PROFILE. Then start the console again."
	case awsclient.TimedOut(err):
		a.Title, a.Do = "There was no answer in time", "Is the network slow, or the machine busy?"
	case errors.As(err, &network) && !s.stack.IsDeployed():
		a.Title, a.Do = "The local stack does not answer", "Is go run ./local still running? It was at "+s.stack.Endpoint()+"."
	case errors.As(err, &network):
		a.Title, a.Do = "AWS cannot be reached", "Check the network."
	}
	for _, cause := range causes {
		if slices.Contains(cause.codes, code) {
			a.Title, a.Do = cause.title, cause.do
		}
	}
	return a
}

// mistake is an error of whoever uses the page.
type mistake struct{ title, do string }

func (m *mistake) Error() string { return m.title + ": " + m.do }
