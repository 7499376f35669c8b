#include "knowledge_in_force.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catalog/attack_reader.h"
#include "catalog/d3fend_reader.h"
#include "catalog/embedded_pack.h"
#include "catalog/merge.h"
#include "catalog/pack.h"
#include "model/cone.h"
#include "os/whole_file.h"
#ifdef VAUBAN_RDF
#include "rdf/parse.h"
#endif

namespace vauban {

using catalog::Catalogue;
using catalog::Ontology;

namespace {

constexpr std::size_t kMostBytes = 512U << 20U;  // of one file, unpacked

std::unexpected<Diagnostics> cannot(const std::string& file, std::string why, std::string expected = {}) {
  return std::unexpected(
      Diagnostics{{Severity::error, {file, 0, 0}, 0, std::move(why), std::move(expected), ""}});
}

// The catalogue is some eight megabytes in small pieces: the kernel is asked for them at once, and not for
// each page by a fault, which took a fifth of a short command. Whether it does so matters to nothing but
// time.
void foreseeMemory() {
#if defined(M_TOP_PAD) && defined(MADV_POPULATE_WRITE)
  constexpr std::size_t kForeseen = std::size_t{7} << 20U, kPage = 4096;
  mallopt(M_TOP_PAD, static_cast<int>(kForeseen));
  void* const grown = std::malloc(std::size_t{120} << 10U);  // more than is left, less than is mapped apart
  const auto end = reinterpret_cast<std::uintptr_t>(sbrk(0)) / kPage * kPage;
  const auto begin = reinterpret_cast<std::uintptr_t>(grown) / kPage * kPage + kPage;
  if (grown != nullptr && end > begin && end - begin <= 2 * kForeseen)
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);
  std::free(grown);
#endif
}

Result<Catalogue> packOfFolder(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".tsv") paths.push_back(entry.path());
  }
  if (error)
    return cannot(folder, "the folder cannot be read: " + error.message(),
                  "a pack that `knowledge import` wrote");
  if (paths.empty())
    return cannot(folder, "no tables in this folder", "a pack that `knowledge import` wrote");
  std::ranges::sort(paths);
  std::vector<std::pair<std::string, std::string>> texts;
  Diagnostics wrong;
  for (const std::filesystem::path& path : paths) {
    auto text = os::wholeFile(path.string(), kMostBytes);
    if (text) {
      texts.emplace_back(path.string(), std::move(*text));
    } else {
      wrong.insert(wrong.end(), text.error().begin(), text.error().end());
    }
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  const std::vector<catalog::PackFile> files(texts.begin(), texts.end());
  return catalog::readPack(files, {.foreignIds = catalog::ForeignIds::keep});
}

struct ReadFile {
  std::string path, text;
};

Result<ReadFile> readFile(const std::string& path) {
  auto text = os::wholeFile(path, kMostBytes);
  if (!text) return std::unexpected(text.error());
  return ReadFile{path, std::move(*text)};
}

std::string nameOf(const ReadFile& file) { return std::filesystem::path(file.path).filename().string(); }

// The file's own name, without the ending that says how it is packed.
std::string unpackedName(const ReadFile& file) {
  std::string name = nameOf(file);
  if (name.ends_with(".xz")) name.resize(name.size() - 3);
  return name;
}

catalog::Source sourceOf(const ReadFile& file) {
  catalog::Source source;
  source.origin = nameOf(file);
  source.sha256 = model::sha256(file.text).substr(std::string_view("sha256:").size());
  return source;
}

enum class FileKind : std::uint8_t { rdf, stix, oscal, ctid, crosswalk };

// By what the file holds, not by its name: all but RDF and tables are called .json.
FileKind kindOf(const ReadFile& file) {
  const std::string name = unpackedName(file);
  if (file.text.starts_with("PK") || name.ends_with(".tsv") || name.ends_with(".xlsx"))
    return FileKind::crosswalk;
  const auto first = file.text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || file.text[first] != '{') return FileKind::rdf;
  const auto has = [&](std::string_view key, std::size_t within) {
    return std::string_view(file.text).substr(0, within).find(key) != std::string_view::npos;
  };
  if (has("\"@context\"", 65536) || has("\"@graph\"", 65536)) return FileKind::rdf;
  if (has("\"mapping_objects\"", std::string::npos)) return FileKind::ctid;
  if (has("\"bundle\"", 4096)) return FileKind::stix;
  if (has("\"catalog\"", 4096) || has("\"profile\"", 4096)) return FileKind::oscal;
  return FileKind::stix;  // its reader says what is missing
}

Result<void> putOne(Catalogue& catalogue, const ReadFile& file, const SaidVersions& versions) {
  const catalog::Source from = sourceOf(file);
  const auto complete = [&](catalog::Source& source, std::string_view licence, std::string_view notice) {
    source.origin = from.origin;
    source.sha256 = from.sha256;
    source.licence = licence;
    source.notice = notice;
  };
  switch (kindOf(file)) {
    case FileKind::stix: {
      auto attack = catalog::readAttack(file.text, file.path);
      if (!attack) return std::unexpected(attack.error());
      if (attack->version.empty()) attack->version = versions.attack;
      catalog::Source source = from;
      source.licence = "ATT&CK terms of use";
      source.notice =
          "© The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE "
          "Corporation.";
      catalog::replaceAttack(catalogue, std::move(*attack), std::move(source));
      return {};
    }
    case FileKind::oscal: {
      auto reading = catalog::readOscal(file.text, file.path);
      if (!reading) return std::unexpected(reading.error());
      complete(reading->source, "public domain (NIST)", "");
      catalog::replaceControls(catalogue, std::move(*reading));
      return {};
    }
    case FileKind::ctid: {
      auto reading = catalog::readCtid(file.text, file.path);
      if (!reading) return std::unexpected(reading.error());
      complete(reading->source, "Apache-2.0", "© The MITRE Corporation");
      catalog::replaceMappings(catalogue, std::move(*reading));
      return {};
    }
    case FileKind::crosswalk: {
      auto reading = catalog::readCrosswalk(file.text, file.path);
      if (!reading) return std::unexpected(reading.error());
      complete(reading->source, "MIT", "© The MITRE Corporation");
      catalog::replaceCrosswalk(catalogue, std::move(*reading));
      return {};
    }
    case FileKind::rdf:
      break;
  }
  return {};
}

Result<Ontology> ontologyOf(const std::vector<const ReadFile*>& files, const std::string& version) {
#ifdef VAUBAN_RDF
  catalog::D3fendReader reader;
  Diagnostics wrong;
  for (const ReadFile* file : files) {
    auto syntax = rdf::syntaxOf(unpackedName(*file));
    if (!syntax) {
      const auto refused = cannot(file->path, "no syntax of RDF has this ending",
                                  ".ttl, .nt, .nq, .trig, .owl, .rdf, .xml, .jsonld or .json, also with .xz");
      wrong.push_back(refused.error().front());
      continue;
    }
    reader.startFile(file->path, file->text);
    auto read = rdf::parse(file->text, *syntax, file->path, "http://d3fend.mitre.org/ontologies/d3fend.owl",
                           [&](const Triple& triple) { reader.add(triple); });
    if (!read) wrong.insert(wrong.end(), read.error().begin(), read.error().end());
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  auto ontology = reader.finish();
  if (ontology && !version.empty()) ontology->version = version;
  return ontology;
#else
  (void)version;
  return cannot(files.front()->path,
                "this program was built without the RDF store, and cannot read ontologies",
                "a build with -DVAUBAN_RDF=ON (cargo 1.87 or newer)");
#endif
}

}  // namespace

Result<Catalogue> knowledgeInForce(const std::string& folder) {
  if (!folder.empty()) return packOfFolder(folder);
  if (const char* own = std::getenv("VAUBAN_KNOWLEDGE"); own != nullptr && *own != '\0')
    return packOfFolder(own);
  foreseeMemory();
  return catalog::readPack(catalog::embeddedPack());
}

Result<Ontology> ontologyOfFiles(const std::vector<std::string>& files, const std::string& version) {
  std::vector<ReadFile> read;
  Diagnostics wrong;
  for (const std::string& file : files) {
    if (auto one = readFile(file)) {
      read.push_back(std::move(*one));
    } else {
      wrong.insert(wrong.end(), one.error().begin(), one.error().end());
    }
  }
  if (!wrong.empty()) return std::unexpected(wrong);
  std::vector<const ReadFile*> all;
  for (const ReadFile& file : read) all.push_back(&file);
  return ontologyOf(all, version);
}

Result<void> importInto(Catalogue& catalogue, const std::vector<std::string>& files,
                        const SaidVersions& versions) {
  Catalogue made = catalogue;
  Diagnostics wrong;
  std::vector<ReadFile> read;
  for (const std::string& file : files) {
    if (auto one = readFile(file)) {
      read.push_back(std::move(*one));
    } else {
      wrong.insert(wrong.end(), one.error().begin(), one.error().end());
    }
  }
  std::vector<const ReadFile*> rdf;
  for (const ReadFile& file : read) {
    if (kindOf(file) == FileKind::rdf) {
      rdf.push_back(&file);
    } else if (auto put = putOne(made, file, versions); !put) {
      wrong.insert(wrong.end(), put.error().begin(), put.error().end());
    }
  }
  if (!rdf.empty()) {
    if (auto ontology = ontologyOf(rdf, versions.d3fend)) {
      catalog::Source source = sourceOf(*rdf.front());
      source.licence = "MIT";
      source.notice = "© The MITRE Corporation";
      if (rdf.size() > 1) source.sha256.clear();
      for (const ReadFile* file : rdf) {
        if (file != rdf.front()) source.origin += "; " + nameOf(*file);
      }
      catalog::replaceOntology(made, std::move(*ontology), std::move(source));
    } else {
      wrong.insert(wrong.end(), ontology.error().begin(), ontology.error().end());
    }
  }
  if (!wrong.empty()) {
    sortDiagnostics(wrong);
    return std::unexpected(wrong);
  }
  auto arranged = catalog::arranged(made);
  if (!arranged) return std::unexpected(arranged.error());
  catalogue = std::move(*arranged);
  return {};
}

Result<void> writeTables(const std::vector<std::pair<std::string, std::string>>& tables,
                         const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(folder, error)) {
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() != ".tsv")
        return cannot(folder,
                      fmt::format("'{}' in this folder is no table", entry.path().filename().string()),
                      "a new folder, or one of tables");
    }
  }
  if (error) return cannot(folder, "the folder cannot be read: " + error.message());
  // Beside the folder, so that the last step is a rename within one file system.
  const fs::path whole = fs::path(folder).lexically_normal();
  const fs::path target = whole.filename().empty() ? whole.parent_path() : whole;
  const fs::path part = target.string() + ".part", old = target.string() + ".old";
  fs::remove_all(part, error);
  if (!fs::create_directories(part, error))
    return cannot(part.string(), "the folder cannot be made: " + error.message());
  for (const auto& [name, text] : tables) {
    std::ofstream file(part / name, std::ios::binary);
    file << text;
    file.close();
    if (!file) {
      fs::remove_all(part, error);
      return cannot((part / name).string(), "the table cannot be written");
    }
  }
  const bool before = fs::exists(target, error);
  if (before) fs::rename(target, old, error);
  if (!error) fs::rename(part, target, error);
  if (error) {
    const std::string why = error.message();
    if (before && !fs::exists(target, error)) fs::rename(old, target, error);
    fs::remove_all(part, error);
    return cannot(folder, "the tables cannot be put in place: " + why);
  }
  fs::remove_all(old, error);
  return {};
}

}  // namespace vauban
