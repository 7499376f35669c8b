//! What is done to a query between its parser and its evaluator: it is measured, it is made such that its work can be
//! bounded, and paths are written out where the evaluator differs from the specification.

use crate::mistake::Mistake;
use oxrdf::{Literal, NamedNode, Variable};
use spargebra::algebra::{
    AggregateExpression, AggregateFunction, Expression, Function, GraphPattern, OrderExpression, PropertyPathExpression,
};
use spargebra::term::{GroundTerm, TermPattern, TriplePattern};

/// The planner's time grows with the cube of the triple patterns: 200 take half a second, 1000 over a minute.
pub const MOST_PATTERNS: usize = 200;
/// And with the square of an expression's length: 2000 operators take a fifth of a second.
pub const MOST_OPERATORS: usize = 2000;

/// Functions of our own around the text and the replacement of each REPLACE: they hand on what is no longer than this.
/// The result may be as long as the product of the two, and may be given to the next REPLACE.
pub const SHORT: [(&str, usize); 2] = [("urn:vauban:text", 64 << 10), ("urn:vauban:replacement", 1 << 10)];

struct Shape<'a> {
    patterns: usize,
    operators: usize,
    marks: usize,
    service: bool,
    in_graph: bool,
    is_node: &'a dyn Fn(&TermPattern) -> bool,
}

/// Whether the query asks another endpoint. `is_node`: of a term, whether it is a node of the default graph.
pub fn bound(pattern: &mut GraphPattern, is_node: &dyn Fn(&TermPattern) -> bool) -> Result<bool, Mistake> {
    let mut shape = Shape { patterns: 0, operators: 0, marks: 0, service: false, in_graph: false, is_node };
    shape.pattern(pattern, true)?;
    Ok(shape.service)
}

fn one() -> Expression {
    Expression::Literal(Literal::from(1))
}

fn fixed(end: &TermPattern) -> bool {
    matches!(end, TermPattern::NamedNode(_) | TermPattern::Literal(_))
}

impl Shape<'_> {
    fn count_pattern(&mut self, more: usize) -> Result<(), Mistake> {
        self.patterns += more;
        if self.patterns > MOST_PATTERNS {
            return Err(Mistake::new("the query has too many patterns")
                .expecting(format!("at most {MOST_PATTERNS} triple patterns, path steps, groups and filters")));
        }
        Ok(())
    }

    fn count_operator(&mut self) -> Result<(), Mistake> {
        self.operators += 1;
        if self.operators > MOST_OPERATORS {
            return Err(Mistake::new("the expressions of the query are too long")
                .expecting(format!("at most {MOST_OPERATORS} operators and functions")));
        }
        Ok(())
    }

    /// A variable that no query can write, since its name is no name. Solutions that bind nothing else cost the
    /// evaluator work that nobody sees (see budget.rs); with it each binds something. Each is used once, so it joins
    /// with nothing, and it is in no projection but that of a subquery.
    fn mark(&mut self) -> Variable {
        self.marks += 1;
        Variable::new_unchecked(format!("vauban mark {}", self.marks))
    }

    fn marked(&mut self, inner: &mut GraphPattern) -> Variable {
        let variable = self.mark();
        let marked = std::mem::take(inner);
        *inner = GraphPattern::Extend { inner: Box::new(marked), variable: variable.clone(), expression: one() };
        variable
    }

    fn pattern(&mut self, pattern: &mut GraphPattern, top: bool) -> Result<(), Mistake> {
        match pattern {
            GraphPattern::Bgp { patterns } => self.count_pattern(patterns.len()),
            GraphPattern::Path { subject, path, object } => {
                self.count_path(path)?;
                *pattern = self.path(subject, path, object);
                Ok(())
            }
            GraphPattern::Join { left, right } | GraphPattern::Minus { left, right } => {
                self.count_pattern(1)?;
                self.pattern(left, false)?;
                self.pattern(right, false)
            }
            GraphPattern::Union { left, right } => {
                self.count_pattern(1)?;
                for side in [left, right] {
                    self.pattern(side, false)?;
                    if matches!(&**side, GraphPattern::Bgp { patterns } if patterns.is_empty()) {
                        self.marked(side);
                    }
                }
                Ok(())
            }
            GraphPattern::LeftJoin { left, right, expression } => {
                self.count_pattern(1)?;
                self.pattern(left, false)?;
                self.pattern(right, false)?;
                expression.as_mut().map_or(Ok(()), |expression| self.expression(expression))
            }
            GraphPattern::Filter { expr, inner } => {
                self.count_pattern(1)?;
                self.expression(expr)?;
                self.pattern(inner, top)
            }
            GraphPattern::Extend { inner, expression, .. } => {
                self.count_pattern(1)?;
                self.expression(expression)?;
                self.pattern(inner, top)
            }
            GraphPattern::Values { variables, bindings } => {
                self.count_pattern(1)?;
                if bindings.iter().any(|row| row.iter().all(Option::is_none)) {
                    variables.push(self.mark());
                    for row in bindings {
                        row.push(Some(GroundTerm::Literal(Literal::from(1))));
                    }
                }
                Ok(())
            }
            GraphPattern::Project { inner, variables } => {
                self.pattern(inner, false)?;
                if !top {
                    self.count_pattern(1)?;
                    let mark = self.marked(inner);
                    variables.push(mark);
                }
                Ok(())
            }
            GraphPattern::OrderBy { inner, expression } => {
                for OrderExpression::Asc(by) | OrderExpression::Desc(by) in expression {
                    self.expression(by)?;
                }
                self.pattern(inner, top)
            }
            GraphPattern::Distinct { inner } | GraphPattern::Reduced { inner } | GraphPattern::Slice { inner, .. } => {
                self.pattern(inner, top)
            }
            GraphPattern::Graph { inner, .. } => {
                self.count_pattern(1)?;
                let outer = std::mem::replace(&mut self.in_graph, true);
                let done = self.pattern(inner, false);
                self.in_graph = outer;
                done
            }
            GraphPattern::Group { inner, aggregates, .. } => {
                for (_, aggregate) in aggregates {
                    self.count_operator()?;
                    if let AggregateExpression::FunctionCall { name, expr, .. } = aggregate {
                        self.expression(expr)?;
                        if matches!(name, AggregateFunction::GroupConcat { .. }) {
                            // 18.5.1.7: a simple literal of what the values are as texts, IRIs too.
                            *expr = Expression::FunctionCall(Function::Str, vec![std::mem::replace(expr, one())]);
                        }
                    }
                }
                self.pattern(inner, false)
            }
            GraphPattern::Service { .. } => {
                self.service = true;
                Ok(())
            }
        }
    }

    fn count_path(&mut self, path: &PropertyPathExpression) -> Result<(), Mistake> {
        self.count_pattern(1)?;
        match path {
            PropertyPathExpression::NamedNode(_) | PropertyPathExpression::NegatedPropertySet(_) => Ok(()),
            PropertyPathExpression::Reverse(inner)
            | PropertyPathExpression::ZeroOrMore(inner)
            | PropertyPathExpression::OneOrMore(inner)
            | PropertyPathExpression::ZeroOrOne(inner) => self.count_path(inner),
            PropertyPathExpression::Sequence(left, right) | PropertyPathExpression::Alternative(left, right) => {
                self.count_path(left)?;
                self.count_path(right)
            }
        }
    }

    /// SPARQL 1.1, 18.2.2.3 and 18.4: alternatives are a union, as a bag; the evaluator would take duplicates out.
    fn path(&mut self, subject: &TermPattern, path: &PropertyPathExpression, object: &TermPattern) -> GraphPattern {
        match path {
            PropertyPathExpression::NamedNode(predicate) => GraphPattern::Bgp {
                patterns: vec![TriplePattern {
                    subject: subject.clone(),
                    predicate: predicate.clone().into(),
                    object: object.clone(),
                }],
            },
            PropertyPathExpression::Reverse(inner) => self.path(object, inner, subject),
            PropertyPathExpression::Sequence(left, right) => {
                let middle = TermPattern::from(self.mark());
                GraphPattern::Join {
                    left: Box::new(self.path(subject, left, &middle)),
                    right: Box::new(self.path(&middle, right, object)),
                }
            }
            PropertyPathExpression::Alternative(left, right) => {
                let mut sides = [left, right].map(|side| Box::new(self.path(subject, side, object)));
                if fixed(subject) && fixed(object) {
                    for side in &mut sides {
                        self.marked(side);
                    }
                }
                let [left, right] = sides;
                GraphPattern::Union { left, right }
            }
            PropertyPathExpression::ZeroOrMore(_) | PropertyPathExpression::ZeroOrOne(_) => {
                self.zero_length(subject, path, object)
            }
            PropertyPathExpression::OneOrMore(_) | PropertyPathExpression::NegatedPropertySet(_) => {
                GraphPattern::Path { subject: subject.clone(), path: path.clone(), object: object.clone() }
            }
        }
    }

    /// SPARQL 1.1, 18.4: a term that the query names is at the end of the path of no length that begins with it,
    /// whether the graph has it or not. The evaluator asks the graph.
    fn zero_length(&self, subject: &TermPattern, path: &PropertyPathExpression, object: &TermPattern) -> GraphPattern {
        let as_is = GraphPattern::Path { subject: subject.clone(), path: path.clone(), object: object.clone() };
        let (term, other) = if fixed(subject) { (subject, object) } else { (object, subject) };
        let expression = match term {
            TermPattern::NamedNode(iri) => Expression::NamedNode(iri.clone()),
            TermPattern::Literal(literal) => Expression::Literal(literal.clone()),
            TermPattern::BlankNode(_) | TermPattern::Variable(_) => return as_is,
        };
        if !self.in_graph && (self.is_node)(term) {
            return as_is;
        }
        match other {
            TermPattern::Variable(variable) => GraphPattern::Distinct {
                inner: Box::new(GraphPattern::Union {
                    left: Box::new(as_is),
                    right: Box::new(GraphPattern::Extend {
                        inner: Box::default(),
                        variable: variable.clone(),
                        expression,
                    }),
                }),
            },
            other if other == term => GraphPattern::default(),
            _ => as_is,
        }
    }

    fn expression(&mut self, expression: &mut Expression) -> Result<(), Mistake> {
        match expression {
            Expression::NamedNode(_) | Expression::Literal(_) | Expression::Variable(_) | Expression::Bound(_) => {
                return Ok(());
            }
            _ => self.count_operator()?,
        }
        match expression {
            Expression::NamedNode(_) | Expression::Literal(_) | Expression::Variable(_) | Expression::Bound(_) => {
                Ok(())
            }
            Expression::Or(a, b)
            | Expression::And(a, b)
            | Expression::Equal(a, b)
            | Expression::SameTerm(a, b)
            | Expression::Greater(a, b)
            | Expression::GreaterOrEqual(a, b)
            | Expression::Less(a, b)
            | Expression::LessOrEqual(a, b)
            | Expression::Add(a, b)
            | Expression::Subtract(a, b)
            | Expression::Multiply(a, b)
            | Expression::Divide(a, b) => {
                self.expression(a)?;
                self.expression(b)
            }
            Expression::UnaryPlus(a) | Expression::UnaryMinus(a) | Expression::Not(a) => self.expression(a),
            Expression::If(a, b, c) => {
                self.expression(a)?;
                self.expression(b)?;
                self.expression(c)
            }
            Expression::In(a, list) => {
                self.expression(a)?;
                list.iter_mut().try_for_each(|item| self.expression(item))
            }
            Expression::Coalesce(list) => list.iter_mut().try_for_each(|item| self.expression(item)),
            Expression::FunctionCall(function, list) => {
                list.iter_mut().try_for_each(|item| self.expression(item))?;
                if *function == Function::Replace {
                    for (index, (short, _)) in [0, 2].into_iter().zip(SHORT) {
                        if let Some(text) = list.get_mut(index) {
                            let whole = std::mem::replace(text, one());
                            let short = Function::Custom(NamedNode::new_unchecked(short));
                            *text = Expression::FunctionCall(short, vec![whole]);
                        }
                    }
                }
                Ok(())
            }
            Expression::Exists(inner) => {
                self.count_pattern(1)?;
                self.pattern(inner, false)
            }
        }
    }
}
