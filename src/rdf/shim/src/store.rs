//! Named graphs over one table of terms, and how the evaluator of queries sees them.
//!
//! The default graph of a query is the union of all graphs in the sense of RDF 1.1 Semantics, as a set: a triple that
//! two graphs hold is there once. (Oxigraph's own store hands it on twice, and so counts it twice.)

use crate::budget::tick;
use crate::graph::{Index, Order, Triple};
use crate::terms::{Form, Full, Number, Terms};
use oxrdf::Term;
use spareval::{InternalQuad, QueryableDataset};
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

pub struct Graph {
    /// None for what was put into no graph.
    name: Option<Number>,
    index: Arc<Index>,
    /// Not yet in the index.
    new: Vec<Triple>,
}

#[derive(Default)]
pub struct Store {
    pub terms: Terms,
    graphs: Vec<Graph>,
    by_name: HashMap<Option<Number>, usize>,
    union: Arc<Index>,
    blank_nodes: u64,
}

impl Store {
    /// A label for a blank node that no other has.
    pub fn new_blank_node(&mut self) -> Result<Number, Full> {
        let label = format!("b{}", self.blank_nodes);
        self.blank_nodes += 1;
        self.terms.add(Form::Blank, &label)
    }

    /// The graph of that IRI, made if there is none; "" is no graph's.
    pub fn graph(&mut self, iri: &str) -> Result<usize, Full> {
        let name = if iri.is_empty() { None } else { Some(self.terms.add(Form::Iri, iri)?) };
        Ok(self.graph_of(name))
    }

    pub fn graph_of(&mut self, name: Option<Number>) -> usize {
        *self.by_name.entry(name).or_insert_with(|| {
            self.graphs.push(Graph { name, index: Arc::default(), new: Vec::new() });
            self.graphs.len() - 1
        })
    }

    pub fn extend(&mut self, graph: usize, triples: Vec<Triple>) {
        let new = &mut self.graphs[graph].new;
        if new.is_empty() {
            *new = triples;
        } else {
            new.extend(triples);
        }
    }

    /// Brings what is new into the indexes; queries see nothing before.
    pub fn index(&mut self) {
        let mut changed = false;
        for graph in &mut self.graphs {
            if !graph.new.is_empty() {
                let mut all = std::mem::take(&mut graph.new);
                all.extend_from_slice(graph.index.triples());
                graph.index = Arc::new(Index::of(all));
                changed = true;
            }
        }
        if !changed {
            return;
        }
        let mut filled = self.graphs.iter().filter(|graph| graph.index.len() > 0);
        self.union = match (filled.next(), filled.next()) {
            (Some(only), None) => Arc::clone(&only.index),
            _ => Arc::new(Index::union(self.graphs.iter().map(|graph| &*graph.index))),
        };
    }

    pub fn len(&self) -> usize {
        self.union.len()
    }

    /// The named graphs that hold something, in the order in which they came.
    pub fn named(&self) -> impl Iterator<Item = (Number, &Index)> {
        self.graphs.iter().filter(|graph| graph.index.len() > 0).filter_map(|graph| Some((graph.name?, &*graph.index)))
    }

    pub fn union(&self) -> &Index {
        &self.union
    }

    pub fn find_graph(&self, iri: &str) -> Option<&Index> {
        let name = self.terms.find(Form::Iri, iri)?;
        self.named().find(|(other, _)| *other == name).map(|(_, index)| index)
    }
}

/// A term as the evaluator holds it: its number in the store, or in the view's own table, which has the top bit set.
#[derive(PartialEq, Eq, Hash)]
pub struct Held(Number);

impl Clone for Held {
    fn clone(&self) -> Self {
        tick();
        Self(self.0)
    }
}

const OWN: u32 = 1 << 31;

/// The store as one query sees it.
pub struct View<'a> {
    store: &'a Store,
    default_graph: &'a Index,
    /// What the query computed and the store does not have.
    own: RefCell<Terms>,
    most_text: usize,
}

impl<'a> View<'a> {
    pub fn new(store: &'a Store, default_graph: &'a Index, most_text: usize) -> Self {
        Self { store, default_graph, own: RefCell::default(), most_text }
    }

    fn held(&self, term: &Term) -> Held {
        tick();
        if let Some(number) = self.store.terms.find_term(term) {
            return Held(number);
        }
        let mut own = self.own.borrow_mut();
        match own.add_term(term) {
            Ok(number) => Held(number | OWN),
            Err(Full) => std::panic::resume_unwind(Box::new(crate::budget::Stop::Memory)),
        }
    }

    fn term(&self, held: &Held) -> Term {
        tick();
        match Number::new(held.0.get() & !OWN) {
            Some(number) if held.0.get() & OWN != 0 => self.own.borrow().term(number),
            _ => self.store.terms.term(held.0),
        }
    }
}

/// The triples of some runs, one graph after the other.
pub struct Quads<'a> {
    run: std::slice::Iter<'a, Triple>,
    order: Order,
    graph: Option<Number>,
    rest: std::vec::IntoIter<(Number, &'a [Triple], Order)>,
}

impl Iterator for Quads<'_> {
    type Item = Result<InternalQuad<Held>, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        tick();
        loop {
            if let Some(&triple) = self.run.next() {
                let [s, p, o] = self.order.triple(triple);
                return Some(Ok(InternalQuad {
                    subject: Held(Number::new(s)?),
                    predicate: Held(Number::new(p)?),
                    object: Held(Number::new(o)?),
                    graph_name: self.graph.map(Held),
                }));
            }
            let (graph, run, order) = self.rest.next()?;
            (self.graph, self.run, self.order) = (Some(graph), run.iter(), order);
        }
    }
}

impl<'a> QueryableDataset<'a> for View<'a> {
    type InternalTerm = Held;
    type Error = Infallible;

    fn internal_quads_for_pattern(
        &self,
        subject: Option<&Held>,
        predicate: Option<&Held>,
        object: Option<&Held>,
        graph_name: Option<Option<&Held>>,
    ) -> impl Iterator<Item = Result<InternalQuad<Held>, Infallible>> + use<'a> {
        let number = |held: Option<&Held>| held.map(|held| held.0.get());
        // A term of the query's own has a number that no triple has, so it finds nothing by itself.
        let (s, p, o) = (number(subject), number(predicate), number(object));
        let store = self.store;
        let mut quads = Quads { run: [].iter(), order: Order::Spo, graph: None, rest: Vec::new().into_iter() };
        match graph_name {
            Some(None) => {
                let (run, order) = self.default_graph.run(s, p, o);
                (quads.run, quads.order) = (run.iter(), order);
            }
            Some(Some(name)) => {
                if let Some((name, index)) = store.named().find(|(other, _)| *other == name.0) {
                    let (run, order) = index.run(s, p, o);
                    (quads.run, quads.order, quads.graph) = (run.iter(), order, Some(name));
                }
            }
            None => {
                let runs = store.named().map(|(name, index)| {
                    let (run, order) = index.run(s, p, o);
                    (name, run, order)
                });
                quads.rest = runs.collect::<Vec<_>>().into_iter();
            }
        }
        quads
    }

    fn internal_named_graphs(&self) -> impl Iterator<Item = Result<Held, Infallible>> + use<'a> {
        self.store.named().map(|(name, _)| Ok(Held(name))).collect::<Vec<_>>().into_iter()
    }

    fn contains_internal_graph_name(&self, name: &Held) -> Result<bool, Infallible> {
        Ok(self.store.named().any(|(other, _)| other == name.0))
    }

    fn internalize_term(&self, term: Term) -> Result<Held, Infallible> {
        if let Term::Literal(literal) = &term {
            if literal.value().len() > self.most_text {
                std::panic::resume_unwind(Box::new(crate::budget::Stop::Text));
            }
        }
        Ok(self.held(&term))
    }

    fn externalize_term(&self, term: Held) -> Result<Term, Infallible> {
        Ok(self.term(&term))
    }
}
