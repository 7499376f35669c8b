//! One query: parsed, measured, evaluated, written.

use crate::budget::{Budget, Stop, tick};
use crate::graph::Index;
use crate::misread::misread;
use crate::mistake::{Mistake, Named, size};
use crate::scan::{Token, keyword, scan};
use crate::shape::{SHORT, bound};
use crate::store::{Store, View};
use crate::terms::Form;
use oxrdf::{BlankNode, GraphName, NamedOrBlankNode, Term, Triple, Variable};
use oxrdfio::{RdfFormat, RdfSerializer};
use sparesults::{QueryResultsFormat, QueryResultsSerializer};
use spareval::{QueryEvaluationError, QueryEvaluator, QueryResults};
use spargebra::algebra::QueryDataset;
use spargebra::term::TermPattern;
use spargebra::{Query, SparqlParser};
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::time::Duration;

/// Of the text of a query; the parser's stack and some of its steps grow with it (see [`STACK`]).
const MOST_BYTES: usize = 256 << 10;
/// What the deepest query within these limits needs, measured, and as much again. Only what is used becomes memory.
pub const STACK: usize = 256 << 20;
/// A text that a query computes.
const MOST_TEXT: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Each solution handed to the caller.
    Rows,
    Json,
    Csv,
    Tsv,
    Turtle,
    NTriples,
}

pub struct Request<'a> {
    pub text: &'a str,
    pub format: Format,
    /// Name and IRI.
    pub prefixes: Vec<(&'a str, &'a str)>,
    pub time: Duration,
    pub memory: u64,
    pub rows: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Solutions,
    Boolean(bool),
    Graph,
}

pub struct Answer {
    pub kind: Kind,
    pub rows: u64,
    /// There was more than the limit on rows let through.
    pub cut: bool,
    pub text: Vec<u8>,
}

pub trait Rows {
    fn variables(&mut self, variables: &[Variable]);
    /// Whether to go on.
    fn row(&mut self, values: &[Option<Term>]) -> bool;
}

/// To be called on a thread with a stack of [`STACK`] bytes. Unwinds with a [`Stop`] when the budget is used up.
pub fn answer(store: &Store, request: &Request<'_>, rows: &mut dyn Rows) -> Result<Answer, Mistake> {
    let _budget = Budget::new(request.memory, Some(request.time));
    if request.text.len() > MOST_BYTES {
        return Err(Mistake::new(format!("the query has more than {}", size(MOST_BYTES as u64))));
    }
    let tokens = scan(request.text)?;
    let mut query = parse(request, &tokens)?;
    fits(&query, request.format, &tokens)?;
    let merged = query.dataset().map(|dataset| merge(store, request, &tokens, dataset)).transpose()?;
    let default_graph = merged.as_ref().unwrap_or(store.union());
    let is_node = |term: &TermPattern| {
        let number = match term {
            TermPattern::NamedNode(iri) => store.terms.find_term(&iri.clone().into()),
            TermPattern::Literal(literal) => store.terms.find_term(&literal.clone().into()),
            TermPattern::BlankNode(_) | TermPattern::Variable(_) => None,
        };
        number.is_some_and(|number| default_graph.has_node(number.get()))
    };
    let pattern = match &mut query {
        Query::Select { pattern, .. }
        | Query::Construct { pattern, .. }
        | Query::Describe { pattern, .. }
        | Query::Ask { pattern, .. } => pattern,
    };
    if bound(pattern, &is_node)? {
        let place = keyword(&tokens, "SERVICE").map_or(0, |word| word.offset);
        return Err(Mistake::new("SERVICE asks another endpoint, and queries reach no network").at(place).over(7));
    }
    let view = View::new(store, default_graph, MOST_TEXT);
    let mut evaluator = QueryEvaluator::new();
    for (name, most) in SHORT {
        evaluator = evaluator.with_custom_function(oxrdf::NamedNode::new_unchecked(name), move |terms| {
            tick();
            match terms {
                [Term::Literal(text)] if text.value().len() > most => resume_unwind(Box::new(Stop::Text)),
                [term] => Some(term.clone()),
                _ => None,
            }
        });
    }
    let mut prepared = evaluator.prepare(&query);
    let named = query.dataset().map(|dataset| dataset.named.clone().unwrap_or_default());
    prepared.dataset_mut().set_default_graph(vec![GraphName::DefaultGraph]);
    if let Some(named) = named {
        let named = named.into_iter().map(NamedOrBlankNode::from).collect();
        prepared.dataset_mut().set_available_named_graphs(named);
    }
    let mut labels = Labels { store, made: HashMap::new() };
    match prepared.execute(view).map_err(failed)? {
        QueryResults::Solutions(solutions) => {
            let variables = solutions.variables().to_vec();
            let solutions = solutions.map(|solution| {
                let values = solution.map_err(failed)?.values().to_vec();
                Ok(values.into_iter().map(|value| value.map(|term| labels.term(term))).collect())
            });
            write_solutions(request, &variables, solutions, rows)
        }
        QueryResults::Boolean(value) => {
            let text = match results_format(request.format) {
                None => Vec::new(),
                Some(format) => QueryResultsSerializer::from_format(format)
                    .serialize_boolean_to_writer(Vec::new(), value)
                    .map_err(unwritten)?,
            };
            Ok(Answer { kind: Kind::Boolean(value), rows: 1, cut: false, text })
        }
        QueryResults::Graph(triples) => {
            let triples = triples.map(|triple| {
                let triple = triple.map_err(failed)?;
                let subject = match labels.term(triple.subject.into()) {
                    Term::NamedNode(subject) => NamedOrBlankNode::from(subject),
                    Term::BlankNode(subject) => subject.into(),
                    Term::Literal(_) => return Err(Mistake::new("a literal as a subject")),
                };
                Ok(Triple { subject, predicate: triple.predicate, object: labels.term(triple.object) })
            });
            write_graph(request, triples)
        }
    }
}

fn parse(request: &Request<'_>, tokens: &[Token<'_>]) -> Result<Query, Mistake> {
    let mut parser = SparqlParser::new();
    for (name, iri) in &request.prefixes {
        parser = parser.with_prefix(*name, *iri).map_err(|error| {
            Mistake::new(format!("the prefix {name}: stands for <{iri}>, which is no IRI: {error}"))
        })?;
    }
    parser.clone().parse_query(request.text).map_err(|_| misread(request.text, tokens, &parser, &request.prefixes))
}

fn fits(query: &Query, format: Format, tokens: &[Token<'_>]) -> Result<(), Mistake> {
    let (form, gives_graph) = match query {
        Query::Select { .. } => ("SELECT", false),
        Query::Ask { .. } => ("ASK", false),
        Query::Construct { .. } => ("CONSTRUCT", true),
        Query::Describe { .. } => ("DESCRIBE", true),
    };
    let mistake = match (gives_graph, matches!(format, Format::Turtle | Format::NTriples)) {
        (true, false) => Mistake::new(format!("{form} gives triples, and the format asked for is one of tables"))
            .expecting("turtle or ntriples"),
        (false, true) => Mistake::new(format!("{form} gives no triples, and the format asked for is one of triples"))
            .expecting("table, json, csv or tsv"),
        _ => return Ok(()),
    };
    Err(mistake.at(keyword(tokens, form).map_or(0, |word| word.offset)).over(form.len()))
}

/// The graphs of FROM as one, SPARQL 1.1, 13.2: none where only FROM NAMED is there.
fn merge(store: &Store, request: &Request<'_>, tokens: &[Token<'_>], dataset: &QueryDataset) -> Result<Index, Mistake> {
    let index = |iri: &oxrdf::NamedNode| {
        store.find_graph(iri.as_str()).ok_or_else(|| {
            let from = keyword(tokens, "FROM").map_or(0, |word| word.offset);
            let place = request.text[from..].find(iri.as_str()).map_or(from, |at| from + at);
            Mistake::new(format!("there is no graph <{}>", iri.as_str())).at(place).about(Named::Graph, iri.as_str())
        })
    };
    for iri in dataset.named.iter().flatten() {
        index(iri)?;
    }
    let graphs = dataset.default.iter().map(index).collect::<Result<Vec<_>, _>>()?;
    Ok(Index::union(graphs.into_iter()))
}

fn failed(error: QueryEvaluationError) -> Mistake {
    Mistake::new(match error {
        QueryEvaluationError::UnsupportedCustomFunction(name) => format!("there is no function {name}"),
        error => error.to_string(),
    })
}

fn unwritten(error: std::io::Error) -> Mistake {
    Mistake::new(error.to_string())
}

/// The labels of blank nodes that a query made are random; here they count from g0 in the order of the answer.
struct Labels<'a> {
    store: &'a Store,
    made: HashMap<BlankNode, usize>,
}

impl Labels<'_> {
    fn term(&mut self, term: Term) -> Term {
        match term {
            Term::BlankNode(node) if self.store.terms.find(Form::Blank, node.as_str()).is_none() => {
                let next = self.made.len();
                let number = *self.made.entry(node).or_insert(next);
                BlankNode::new_unchecked(format!("g{number}")).into()
            }
            term => term,
        }
    }
}

fn results_format(format: Format) -> Option<QueryResultsFormat> {
    match format {
        Format::Json => Some(QueryResultsFormat::Json),
        Format::Csv => Some(QueryResultsFormat::Csv),
        Format::Tsv => Some(QueryResultsFormat::Tsv),
        Format::Rows | Format::Turtle | Format::NTriples => None,
    }
}

fn write_solutions(
    request: &Request<'_>,
    variables: &[Variable],
    solutions: impl Iterator<Item = Result<Vec<Option<Term>>, Mistake>>,
    rows: &mut dyn Rows,
) -> Result<Answer, Mistake> {
    let mut answer = Answer { kind: Kind::Solutions, rows: 0, cut: false, text: Vec::new() };
    let mut serializer = results_format(request.format)
        .map(|format| {
            QueryResultsSerializer::from_format(format)
                .serialize_solutions_to_writer(Vec::new(), variables.to_vec())
                .map_err(unwritten)
        })
        .transpose()?;
    if serializer.is_none() {
        rows.variables(variables);
    }
    for values in solutions {
        let values = values?;
        tick();
        if answer.rows == request.rows {
            answer.cut = true;
            break;
        }
        answer.rows += 1;
        match &mut serializer {
            Some(serializer) => {
                let bound = variables.iter().zip(&values).filter_map(|(v, term)| Some((v, term.as_ref()?)));
                serializer.serialize(bound).map_err(unwritten)?;
            }
            None => {
                if !rows.row(&values) {
                    break;
                }
            }
        }
    }
    if let Some(serializer) = serializer {
        answer.text = serializer.finish().map_err(unwritten)?;
    }
    Ok(answer)
}

fn write_graph(
    request: &Request<'_>,
    triples: impl Iterator<Item = Result<Triple, Mistake>>,
) -> Result<Answer, Mistake> {
    let mut answer = Answer { kind: Kind::Graph, rows: 0, cut: false, text: Vec::new() };
    let mut lines: HashMap<String, Triple> = HashMap::new();
    for triple in triples {
        let triple = triple?;
        tick();
        let line = triple.to_string();
        if lines.contains_key(&line) {
            continue;
        }
        if answer.rows == request.rows {
            answer.cut = true;
            break;
        }
        answer.rows += 1;
        lines.insert(line, triple);
    }
    // Sorted, so that what one subject has stands together in Turtle.
    let mut lines: Vec<(String, Triple)> = lines.into_iter().collect();
    lines.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut serializer = if request.format == Format::Turtle {
        let mut serializer = RdfSerializer::from_format(RdfFormat::Turtle);
        for (name, iri) in &request.prefixes {
            if !iri.is_empty() && lines.iter().any(|(line, _)| line.contains(&format!("<{iri}"))) {
                serializer = serializer
                    .with_prefix(*name, *iri)
                    .map_err(|error| Mistake::new(format!("the prefix {name}: {error}")))?;
            }
        }
        serializer
    } else {
        RdfSerializer::from_format(RdfFormat::NTriples)
    }
    .for_writer(Vec::new());
    for (_, triple) in &lines {
        tick();
        serializer.serialize_triple(triple).map_err(unwritten)?;
    }
    answer.text = serializer.finish().map_err(unwritten)?;
    Ok(answer)
}
