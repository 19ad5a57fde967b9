package writer

import (
	"net/http"

	"simple-sam-demo/shared/response"
)

// report is the answer to a batch.
type report struct {
	Created  int      `json:"created"`
	Existing int      `json:"existing"`
	Rejected int      `json:"rejected"`
	Failed   int      `json:"failed"`
	Results  []result `json:"results"` // one an element, in their order
}

// result is what became of one element.
type result struct {
	Index   int    `json:"index"`
	Status  int    `json:"status"`       // 201, 200, 400 or 503
	ID      string `json:"id,omitempty"` // unless it could not be read
	Message string `json:"message"`
}

func newReport(elements []element) report {
	var r report
	for i, e := range elements {
		result := e.result(i)
		switch result.Status {
		case http.StatusCreated:
			r.Created++
		case http.StatusOK:
			r.Existing++
		case http.StatusBadRequest:
			r.Rejected++
		default:
			r.Failed++
		}
		r.Results = append(r.Results, result)
	}
	return r
}

func (e element) result(index int) result {
	switch {
	case e.fault != nil:
		return result{index, http.StatusBadRequest, "", "Invalid body: " + e.fault.Error()}
	case e.submission == nil:
		return result{index, http.StatusServiceUnavailable, "", response.TryAgain}
	case e.status() == http.StatusCreated && !e.repeated:
		return result{index, http.StatusCreated, e.item.ID, "Item created."}
	case e.status() == http.StatusServiceUnavailable:
		return result{index, http.StatusServiceUnavailable, e.item.ID, response.TryAgain}
	default:
		return result{index, http.StatusOK, e.item.ID, "Item exists."}
	}
}
