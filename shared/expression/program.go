package expression

import "tillwatch/shared/decimal"

// A program works on a stack of numbers and one condition. Every operator
// takes its operands from the stack; comparisons leave their outcome in the
// condition; and, or and not act on that alone, so that and and or are jumps.

// An instruction is one step of a program.
type instruction struct {
	op     operator
	arg    int             // column, places, or where to jump
	number decimal.Decimal // opNumber
}

// Most expressions need few slots, and clearing many costs more than using
// them. A level of nesting has at most three operands waiting: of a sum, of a
// product and of min or max.
const (
	smallStack = 8
	largeStack = 3*maxDepth + 4
)

func (c *Comparison) compile() {
	depth := 0
	c.emit(c.root, &depth)
}

// emit appends the code of n; depth is the number of slots in use.
func (c *Comparison) emit(n *node, depth *int) {
	switch n.op {
	case opAnd, opOr:
		c.emit(n.left, depth)
		jump := len(c.program)
		c.program = append(c.program, instruction{op: n.op})
		c.emit(n.right, depth)
		c.program[jump].arg = len(c.program)
		return
	case opColumn, opNumber:
		*depth++
		c.stack = max(c.stack, *depth)
	case opRound:
		if quotient := n.left; quotient.op == opDivide {
			// Rounded, a quotient is a decimal even where it is none itself.
			c.emit(quotient.left, depth)
			c.emit(quotient.right, depth)
			*depth--
			c.program = append(c.program, instruction{op: opRoundQuotient, arg: n.places})
			return
		}
		c.emit(n.left, depth)
	default:
		c.emit(n.left, depth)
		if n.right != nil {
			c.emit(n.right, depth)
			*depth--
		}
		if n.op.comparison() {
			*depth--
		}
	}
	in := instruction{op: n.op, arg: n.column, number: n.number}
	if n.op == opRound {
		in.arg = n.places
	}
	c.program = append(c.program, in)
}

// run executes the program; see Holds.
func (c *Comparison) run(stack, cells []decimal.Decimal, tolerance decimal.Decimal) (holds, measured bool) {
	top := -1 // the stack's last slot in use
	for pc := 0; pc < len(c.program); pc++ {
		in := &c.program[pc]
		ok := true
		switch in.op {
		case opColumn:
			top++
			stack[top] = cells[in.arg]
		case opNumber:
			top++
			stack[top] = in.number
		case opNegate:
			stack[top] = stack[top].Neg()
		case opAbs:
			stack[top] = stack[top].Abs()
		case opFloor:
			stack[top] = stack[top].Floor()
		case opCeil:
			stack[top] = stack[top].Ceil()
		case opRound:
			stack[top], ok = decimal.Round(stack[top], in.arg)
		case opAdd:
			top--
			stack[top], ok = decimal.Add(stack[top], stack[top+1])
		case opSubtract:
			top--
			stack[top], ok = decimal.Sub(stack[top], stack[top+1])
		case opMultiply:
			top--
			stack[top], ok = decimal.Mul(stack[top], stack[top+1])
		case opDivide:
			top--
			stack[top], ok = decimal.Quo(stack[top], stack[top+1])
		case opRoundQuotient:
			top--
			stack[top], ok = decimal.RoundQuo(stack[top], stack[top+1], in.arg)
		case opMin, opMax:
			top--
			if (stack[top].Cmp(stack[top+1]) <= 0) != (in.op == opMin) {
				stack[top] = stack[top+1]
			}
		case opNot:
			holds = !holds
		case opAnd:
			if !holds {
				pc = in.arg - 1
			}
		case opOr:
			if holds {
				pc = in.arg - 1
			}
		default:
			top -= 2
			holds, ok = compare(in.op, stack[top+1], stack[top+2], tolerance)
		}
		if !ok {
			return false, false
		}
	}
	return holds, true
}

// compare compares a and b, equality within tolerance.
func compare(op operator, a, b, tolerance decimal.Decimal) (holds, ok bool) {
	if op != opEqual && op != opUnequal {
		return op.ordered(a.Cmp(b)), true
	}
	if tolerance.Coef == 0 {
		return (a.Cmp(b) == 0) == (op == opEqual), true
	}
	difference, ok := decimal.Sub(a, b)
	return (difference.Abs().Cmp(tolerance) <= 0) == (op == opEqual), ok
}
