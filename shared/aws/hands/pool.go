package hands

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"tillwatch/shared/aws/fault"
	"tillwatch/shared/words"
)

// recycled is the variable whose change makes a function start anew.
const recycled = "TILLWATCH_RECYCLED"

// recycle gives a function new environments, and so new connections, empty
// caches and an empty /tmp, by changing a variable that nobody else reads. It
// concerns what is called without a version; the other variables are handed back
// as they are, or, if anybody changes the function in between, nothing is done.
func (h *Hands) recycle(ctx context.Context, t try) (before, after string, err error) {
	f, err := h.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &t.target.Name})
	if err != nil {
		return "", "", fault.Wrap("read function "+t.target.Name, err)
	}
	variables := map[string]string{}
	if f.Environment != nil {
		if f.Environment.Error != nil {
			return "", "", fmt.Errorf("read function %s: its variables can't be read: %s", t.target.Name, aws.ToString(f.Environment.Error.ErrorCode))
		}
		maps.Copy(variables, f.Environment.Variables)
	}
	before = "environments since " + aws.ToString(f.LastModified)
	if f.LastUpdateStatus == lambdatypes.LastUpdateStatusInProgress {
		return before, "", fmt.Errorf("function %s is being changed just now", t.target.Name)
	}
	after = "new environments from the next call on"
	if !t.Live {
		return before, after, nil
	}
	variables[recycled] = t.At.UTC().Format(time.RFC3339)
	_, err = h.Lambda.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: &t.target.Name, RevisionId: f.RevisionId, Environment: &lambdatypes.Environment{Variables: variables},
	})
	return before, after, fault.Wrap("recycle function "+t.target.Name, err)
}

// The time that an Automation has while a try is under way; afterwards the
// signal tells whether it helped.
const (
	pollEvery = 2 * time.Second
	polls     = 8
)

// automate runs an Automation document, whose parameters must all have
// defaults: what is tried is what was written into the document.
func (h *Hands) automate(ctx context.Context, t try) (before, after string, err error) {
	about, err := h.SSM.DescribeDocument(ctx, &ssm.DescribeDocumentInput{Name: &t.target.Name})
	if err != nil {
		return "", "", fault.Wrap("read document "+t.target.Name, err)
	}
	d := about.Document
	before = fmt.Sprintf("document %s, version %s, %s", t.target.Name, aws.ToString(d.DefaultVersion), strings.ToLower(string(d.Status)))
	if d.DocumentType != ssmtypes.DocumentTypeAutomation {
		return before, "", fmt.Errorf("document %s is of type %s, want Automation", t.target.Name, d.DocumentType)
	}
	for _, p := range d.Parameters {
		if p.DefaultValue == nil {
			return before, "", fmt.Errorf("document %s asks for %s; give it a default", t.target.Name, aws.ToString(p.Name))
		}
	}
	if !t.Live {
		return before, "an execution of it", nil
	}
	id := t.token()
	started, err := h.SSM.StartAutomationExecution(ctx, &ssm.StartAutomationExecutionInput{
		DocumentName: &t.target.Name, DocumentVersion: d.DefaultVersion,
		ClientToken: aws.String(strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")),
	})
	if err != nil {
		return before, "", fault.Wrap("start document "+t.target.Name, err)
	}
	execution := aws.ToString(started.AutomationExecutionId)
	for range polls {
		if err := h.Wait(ctx, pollEvery); err != nil {
			return before, "execution " + execution, err
		}
		out, err := h.SSM.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: &execution})
		if err != nil {
			return before, "execution " + execution, fault.Wrap("look at execution "+execution, err)
		}
		switch e := out.AutomationExecution; e.AutomationExecutionStatus {
		case ssmtypes.AutomationExecutionStatusPending, ssmtypes.AutomationExecutionStatusInprogress, ssmtypes.AutomationExecutionStatusWaiting:
		case ssmtypes.AutomationExecutionStatusSuccess:
			return before, "execution " + execution + " succeeded", nil
		default:
			return before, "execution " + execution, fmt.Errorf("execution %s: %s: %s", execution, e.AutomationExecutionStatus, aws.ToString(e.FailureMessage))
		}
	}
	return before, "execution " + execution + " still runs after " + words.Duration(polls*pollEvery), nil
}
