// The tables of a pack: for each its name, its columns and what they hold, the order of its rows, and what is
// wrong with a row although each of its cells is well. One description, from which rows are both read and
// written.
//
// A table's last column is never empty (table.h). `adopt` takes over what the leading lines say of all rows.
// `order` compares what makes a row: two rows that it calls equal say the same thing twice. For the pack's
// own files.
#pragma once

#include <array>
#include <compare>
#include <string_view>
#include <tuple>

#include "catalog/catalogue.h"
#include "catalog/pack_order.h"
#include "catalog/pack_rows.h"

namespace vauban::catalog::pack {

inline constexpr std::array<std::string_view, 3> kCategories = {"protect", "detect", "respond"};
inline constexpr std::array<std::string_view, 3> kValues = {"minimal", "partial", "significant"};
inline constexpr std::array<std::string_view, 4> kRevocationKinds = {"replaced", "renamed", "added",
                                                                     "replacement"};

struct Sources {
  static constexpr std::string_view table = "sources";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("id", Key{row.id});
    io("version", Text{row.version});
    io("date", Text{row.date});
    io("origin", Text{row.origin});
    io("licence", Text{row.licence});
    io("notice", Text{row.notice});
    io("sha256", Text{row.sha256});
    io("framework", Word{row.framework});
  }
  static auto order(const Source& a, const Source& b) { return naturalOrder(a.id, b.id); }
  static void check(const RowReader& io, const Source& row);
};

// Ontology. Names here are ordered by bytes, as the ontology's ids are.
struct Classes {
  static constexpr std::string_view table = "ontology-classes";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("name", Key{row.name});
    io("id", Text{row.id});
    io("label", Text{row.label});
    io("deprecated", Flag{row.deprecated});
    io("kind", Word{row.kind});
  }
  static auto order(const OntologyClass& a, const OntologyClass& b) { return a.name <=> b.name; }
};

struct Properties {
  static constexpr std::string_view table = "ontology-properties";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("property", Key{row.name});
  }
  static auto order(const OntologyProperty& a, const OntologyProperty& b) { return a.name <=> b.name; }
};

struct References {
  static constexpr std::string_view table = "ontology-references";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("reference", Key{row.name});
    io("type", Text{row.type});
    io("year", Number{row.year});
  }
  static auto order(const Reference& a, const Reference& b) { return a.name <=> b.name; }
  static void check(const RowReader& io, const Reference& row);
};

// Pairs (of ids or texts), each ordered as its members are.
template <class Row>
struct PairTable {
  static auto order(const Row& a, const Row& b) { return a <=> b; }
};

struct Subclasses : PairTable<std::pair<ClassId, ClassId>> {
  static constexpr std::string_view table = "ontology-subclasses";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("class", Ref{row.first});
    io("parent", Ref{row.second});
  }
  static void check(const RowReader& io, const std::pair<ClassId, ClassId>& row) {
    if (row.first == row.second) io.wrong(1, "a class below itself");
  }
};

struct Relations {
  static constexpr std::string_view table = "ontology-relations";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("class", Ref{row.subject});
    io("property", Ref{row.property});
    io("object", Ref{row.object});
  }
  static auto order(const Relation& a, const Relation& b) { return a <=> b; }
};

struct Subproperties : PairTable<std::pair<PropertyId, PropertyId>> {
  static constexpr std::string_view table = "ontology-subproperties";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("property", Ref{row.first});
    io("parent", Ref{row.second});
  }
  static void check(const RowReader& io, const std::pair<PropertyId, PropertyId>& row) {
    if (row.first == row.second) io.wrong(1, "a property below itself");
  }
};

struct Inverses : PairTable<std::pair<PropertyId, PropertyId>> {
  static constexpr std::string_view table = "ontology-inverses";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("property", Ref{row.first});
    io("inverse", Ref{row.second});
  }
};

struct Citations : PairTable<std::pair<ClassId, ReferenceId>> {
  static constexpr std::string_view table = "ontology-citations";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("class", Ref{row.first});
    io("reference", Ref{row.second});
  }
};

struct Synonyms : PairTable<std::pair<ClassId, std::string>> {
  static constexpr std::string_view table = "ontology-synonyms";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("class", Ref{row.first});
    io("synonym", Key{row.second});
  }
};

struct Mitigations : PairTable<std::pair<ClassId, std::string>> {
  static constexpr std::string_view table = "ontology-mitigations";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("class", Ref{row.first});
    io("mitigation", AttackId{row.second});
  }
};

// ATT&CK; one file a domain and table.
struct Techniques {
  static constexpr std::string_view table = "attack-techniques";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("id", Key{row.id});
    io("name", Text{row.name});
    io("tactics", SortedList{row.tactics});
    io("platforms", SortedList{row.platforms});
    io("revoked-by", Text{row.revokedBy});
    io("groups", Number{row.groups});
    io("campaigns", Number{row.campaigns});
    io("software", Number{row.software});
    io("standing", Word{row.standing});
  }
  static auto order(const AttackTechnique& a, const AttackTechnique& b) { return naturalOrder(a.id, b.id); }
};

struct Objects {  // tactics, mitigations, groups, campaigns and software, one table each
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("id", Key{row.id});
    io("name", Text{row.name});
    io("short-name", Text{row.shortName});
    io("standing", Word{row.standing});
  }
  static auto order(const AttackObject& a, const AttackObject& b) { return naturalOrder(a.id, b.id); }
};
struct Tactics : Objects {
  static constexpr std::string_view table = "attack-tactics";
};
struct AttackMitigations : Objects {
  static constexpr std::string_view table = "attack-mitigations";
};
struct Groups : Objects {
  static constexpr std::string_view table = "attack-groups";
};
struct Campaigns : Objects {
  static constexpr std::string_view table = "attack-campaigns";
};
struct Software : Objects {
  static constexpr std::string_view table = "attack-software";
};

struct IdPairs {
  static auto order(const IdPair& a, const IdPair& b) {
    return naturalBy(a, b, &IdPair::first, &IdPair::second);
  }
};
struct Mitigates : IdPairs {
  static constexpr std::string_view table = "attack-mitigates";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("technique", Object{row.first, &PackIndex::techniques, "technique"});
    io("mitigation", Object{row.second, &PackIndex::mitigations, "mitigation"});
  }
};
struct GroupUses : IdPairs {
  static constexpr std::string_view table = "attack-group-uses";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("group", Object{row.first, &PackIndex::groups, "group"});
    io("technique", Object{row.second, &PackIndex::techniques, "technique"});
  }
};
struct CampaignUses : IdPairs {
  static constexpr std::string_view table = "attack-campaign-uses";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("campaign", Object{row.first, &PackIndex::campaigns, "campaign"});
    io("technique", Object{row.second, &PackIndex::techniques, "technique"});
  }
};

struct Revocations {
  static constexpr std::string_view table = "revocations";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("old", Text{row.oldId});
    io("new", Text{row.newId});
    io("evidence", Text{row.evidence});
    io("kind", Choice{row.kind, kRevocationKinds});
  }
  static auto order(const Revocation& a, const Revocation& b) {
    return naturalBy(a, b, &Revocation::oldId, &Revocation::newId, &Revocation::kind, &Revocation::evidence);
  }
  static void check(const RowReader& io, const Revocation& row);
};

// Controls and what joins frameworks. A file of controls is of one framework; a file of crosswalks is of one
// source and joins two frameworks; a file of scores is of one source.
struct Controls {
  static constexpr std::string_view table = "controls";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("id", Key{row.id});
    io("title", Text{row.title});
    io("group", Text{row.group});
    io("profiles", List{row.profiles});
    io("attributes", List{row.attributes});
    io("withdrawn", Flag{row.withdrawn});
    io("source", SourceId{row.source});
  }
  static void adopt(Control& row, const Control& common) { row.framework = common.framework; }
  static auto order(const Control& a, const Control& b) {
    const auto framework = a.framework <=> b.framework;
    return framework != 0 ? framework : naturalOrder(a.id, b.id);
  }
};

struct Crosswalks {
  static constexpr std::string_view table = "crosswalks";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("from", Foreign{row.from, row.fromFramework});
    io("to", Foreign{row.to, row.toFramework});
    io("detail", Text{row.detail});
    io("relation", Key{row.relation});
  }
  static void adopt(Crosswalk& row, const Crosswalk& common) {
    row.fromFramework = common.fromFramework;
    row.toFramework = common.toFramework;
    row.source = common.source;
  }
  static auto order(const Crosswalk& a, const Crosswalk& b) {
    auto order = a.fromFramework <=> b.fromFramework;
    if (order == 0) order = naturalBy(a, b, &Crosswalk::from, &Crosswalk::relation);
    if (order == 0) order = a.toFramework <=> b.toFramework;
    if (order == 0) order = naturalBy(a, b, &Crosswalk::to, &Crosswalk::detail, &Crosswalk::source);
    return order;
  }
  static void check(const RowReader& io, const Crosswalk& row) {
    if (row.fromFramework == row.toFramework && row.from == row.to) io.wrong(1, "an id joined to itself");
  }
};

struct Scores {
  static constexpr std::string_view table = "scores";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("technique", AttackId{row.technique});
    io("capability", Key{row.capability});
    io("category", Choice{row.category, kCategories});
    io("value", Choice{row.value, kValues});
    io("rows", Number{row.rows});
  }
  static void adopt(Score& row, const Score& common) { row.source = common.source; }
  static auto order(const Score& a, const Score& b) {
    return naturalBy(a, b, &Score::technique, &Score::capability, &Score::category, &Score::value,
                     &Score::source);
  }
};

struct TrialRates {
  static constexpr std::string_view table = "trial-rates";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("technique", AttackId{row.technique});
    io("rounds", List{row.rounds});
    io("products", Number{row.products});
    io("product-rounds", Number{row.productRounds});
    io("substeps", Number{row.substeps});
    io("detections", Number{row.detections});
    io("p10", Fraction{row.p10});
    io("p90", Fraction{row.p90});
    io("source", SourceId{row.source});
  }
  static auto order(const TrialRate& a, const TrialRate& b) {
    return naturalBy(a, b, &TrialRate::technique, &TrialRate::source);
  }
  static void check(const RowReader& io, const TrialRate& row);
};

struct RuleCounts {
  static constexpr std::string_view table = "rule-counts";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("technique", AttackId{row.technique});
    io("collection", Key{row.collection});
    io("rules", Number{row.rules});
    io("source", SourceId{row.source});
  }
  static auto order(const RuleCount& a, const RuleCount& b) {
    return naturalBy(a, b, &RuleCount::technique, &RuleCount::collection, &RuleCount::source);
  }
};

struct Roles {
  static constexpr std::string_view table = "roles";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("id", Key{row.id});
    io("name", Text{row.name});
    io("category", Text{row.category});
    io("category-name", Text{row.categoryName});
    io("source", SourceId{row.source});
  }
  static auto order(const WorkRole& a, const WorkRole& b) { return naturalOrder(a.id, b.id); }
};

struct Owners {
  static constexpr std::string_view table = "tactic-owners";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("tactic", ClassName{row.tactic});
    io("responsible", RoleIds{row.responsible});
    io("consulted", RoleIds{row.consulted});
    io("accountable", Text{row.accountable});
    io("scope", RoleIds{row.scope});
    io("within-soc", Flag{row.withinSoc});
    io("basis", Text{row.basis});
    io("source", SourceId{row.source});
  }
  static auto order(const TacticOwner& a, const TacticOwner& b) { return naturalOrder(a.tactic, b.tactic); }
  static void check(const RowReader& io, const TacticOwner& row);
};

// The protocols of this project's extension.
struct Protocols {
  static constexpr std::string_view table = "protocols";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("service", Key{row.service});
    io("artifact", Key{row.artifact});
    io("parent", ClassName{row.parent});
    io("ours", Flag{row.ours});
    io("reference", Text{row.reference});
    io("source", SourceId{row.source});
  }
  static auto order(const ProtocolArtifact& a, const ProtocolArtifact& b) {
    return naturalOrder(a.service, b.service);
  }
  static void check(const RowReader& io, const ProtocolArtifact& row);
};

struct ProtocolUses {
  static constexpr std::string_view table = "protocol-uses";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("service", Key{row.service});
    io("technique", AttackId{row.technique});
    io("source", SourceId{row.source});
  }
  static auto order(const ProtocolUse& a, const ProtocolUse& b) {
    return naturalBy(a, b, &ProtocolUse::service, &ProtocolUse::technique, &ProtocolUse::source);
  }
};

struct ProtocolCountermeasures {
  static constexpr std::string_view table = "protocol-countermeasures";
  template <class Io, class Row>
  static void fields(Io& io, Row& row) {
    io("service", Key{row.service});
    io("technique", Foreign{row.technique, Framework::d3fend});
    io("property", Key{row.property});
    io("reference", Text{row.reference});
    io("source", SourceId{row.source});
  }
  static auto order(const ProtocolCountermeasure& a, const ProtocolCountermeasure& b) {
    return naturalBy(a, b, &ProtocolCountermeasure::service, &ProtocolCountermeasure::technique,
                     &ProtocolCountermeasure::property, &ProtocolCountermeasure::source);
  }
};

template <class Fields, class Row>
const std::vector<std::string_view>& columnsOf() {
  static const std::vector<std::string_view> names = [] {
    ColumnNames io;
    Row row;
    Fields::fields(io, row);
    return io.names;
  }();
  return names;
}

}  // namespace vauban::catalog::pack
