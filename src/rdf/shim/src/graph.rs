//! The triples of one graph, sorted three ways: whichever of subject, predicate and object are known, what fits them is
//! one run of one of the three.

/// Subject, predicate, object, as the numbers of terms.
pub type Triple = [u32; 3];

/// In which order a run's triples have their parts.
#[derive(Clone, Copy)]
pub enum Order {
    Spo,
    Pos,
    Osp,
}

impl Order {
    pub fn triple(self, [a, b, c]: Triple) -> Triple {
        match self {
            Self::Spo => [a, b, c],
            Self::Pos => [c, a, b],
            Self::Osp => [b, c, a],
        }
    }
}

#[derive(Default)]
pub struct Index {
    spo: Vec<Triple>,
    pos: Vec<Triple>,
    osp: Vec<Triple>,
}

impl Index {
    pub fn len(&self) -> usize {
        self.spo.len()
    }

    pub fn triples(&self) -> &[Triple] {
        &self.spo
    }

    /// Of triples in any order, each as often as may be.
    pub fn of(mut spo: Vec<Triple>) -> Self {
        spo.sort_unstable();
        spo.dedup();
        spo.shrink_to_fit();
        let mut pos: Vec<Triple> = spo.iter().map(|&[s, p, o]| [p, o, s]).collect();
        let mut osp: Vec<Triple> = spo.iter().map(|&[s, p, o]| [o, s, p]).collect();
        pos.sort_unstable();
        osp.sort_unstable();
        Self { spo, pos, osp }
    }

    pub fn union<'a>(indexes: impl Iterator<Item = &'a Index>) -> Self {
        Self::of(indexes.flat_map(|index| index.spo.iter().copied()).collect())
    }

    /// As a subject or object.
    pub fn has_node(&self, node: u32) -> bool {
        !within(&self.spo, &[node]).is_empty() || !within(&self.osp, &[node]).is_empty()
    }

    pub fn run(&self, s: Option<u32>, p: Option<u32>, o: Option<u32>) -> (&[Triple], Order) {
        match (s, p, o) {
            (Some(s), Some(p), Some(o)) => (within(&self.spo, &[s, p, o]), Order::Spo),
            (Some(s), Some(p), None) => (within(&self.spo, &[s, p]), Order::Spo),
            (Some(s), None, Some(o)) => (within(&self.osp, &[o, s]), Order::Osp),
            (Some(s), None, None) => (within(&self.spo, &[s]), Order::Spo),
            (None, Some(p), Some(o)) => (within(&self.pos, &[p, o]), Order::Pos),
            (None, Some(p), None) => (within(&self.pos, &[p]), Order::Pos),
            (None, None, Some(o)) => (within(&self.osp, &[o]), Order::Osp),
            (None, None, None) => (&self.spo, Order::Spo),
        }
    }
}

/// The triples that begin with `start`.
fn within<'a>(sorted: &'a [Triple], start: &[u32]) -> &'a [Triple] {
    let first = sorted.partition_point(|triple| &triple[..start.len()] < start);
    let rest = &sorted[first..];
    &rest[..rest.partition_point(|triple| &triple[..start.len()] <= start)]
}
