// SPDX-License-Identifier: Apache-2.0
/// Listens to the parser's events and stops it at the first one that a plan never needs.
#include "app/plan/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <istream>
#include <optional>
#include <sstream>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxKeys = 64;  // of one mapping; bounds the search for repeated keys

/// Leaves the parser from inside of an event; caught in parseYamlTree.
struct Refusal : std::exception {
  explicit Refusal(std::string why) : message(std::move(why)) {}
  std::string message;
};

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& why) {
  throw Refusal(sentence("line {}: {}", mark.line + 1, why));
}

class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    put(mark, "", anchor, {.kind = YamlValue::Kind::null});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not supported");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?";
    put(mark, tag == "!" || plain ? "" : tag, anchor,
        {.kind = YamlValue::Kind::scalar, .plain = plain, .text = value});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlValue::Kind::sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlValue::Kind::mapping);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }

  YamlValue root;

 private:
  struct Container {
    YamlValue* value;
    std::optional<std::string> key;  // of a mapping, whose value comes next
  };

  YamlValue* put(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                 YamlValue value) {
    if (anchor != YAML::NullAnchor) refuse(mark, "anchors are not supported");
    if (!tag.empty() && tag != "?")
      refuse(mark, "the tag " + printable(tag, 40) + " is not supported");
    value.line = mark.line + 1;
    if (open_.empty()) return &(root = std::move(value));
    Container& parent = open_.back();
    if (parent.value->kind == YamlValue::Kind::sequence) {
      return &parent.value->items.emplace_back(std::move(value));
    }
    if (!parent.key) {
      parent.key = keyOf(mark, *parent.value, value);
      return nullptr;
    }
    auto& fields = parent.value->fields;
    fields.emplace_back(std::move(*parent.key), std::move(value));
    parent.key.reset();
    return &fields.back().second;
  }

  static std::string keyOf(const YAML::Mark& mark, const YamlValue& mapping, const YamlValue& key) {
    if (key.kind != YamlValue::Kind::scalar) refuse(mark, "a key must be a word");
    if (mapping.fields.size() == kMaxKeys) {
      refuse(mark, sentence("a mapping has more than {} keys", kMaxKeys));
    }
    const bool twice = std::ranges::any_of(
        mapping.fields, [&](const auto& field) { return field.first == key.text; });
    if (twice) refuse(mark, sentence("the key {} stands twice", printable(key.text, 60)));
    return key.text;
  }

  /// The parent is not touched before this container is closed, so the pointer stays good.
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlValue::Kind kind) {
    if (open_.size() == kMaxDepth)
      refuse(mark, sentence("nested deeper than {} levels", kMaxDepth));
    YamlValue* const placed = put(mark, tag, anchor, {.kind = kind});
    if (placed == nullptr) refuse(mark, "a key must be a word");
    open_.push_back({placed, std::nullopt});
  }

  std::vector<Container> open_;
};

}  // namespace

Result<YamlValue> parseYamlTree(std::string_view text) {
  if (!isUtf8(text) || text.find('\0') != std::string_view::npos) {
    return failure(ErrorKind::bad_input, "the text is not UTF-8");
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder first;
    if (!parser.HandleNextDocument(first)) return YamlValue{};
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return failure(ErrorKind::bad_input,
                     sentence("line {}: a second document begins", second.root.line));
    }
    return std::move(first.root);
  } catch (const Refusal& refusal) {
    return failure(ErrorKind::bad_input, refusal.message);
  } catch (const YAML::Exception& problem) {
    return failure(ErrorKind::bad_input, sentence("line {}: no YAML: {}", problem.mark.line + 1,
                                                  printable(problem.msg, 100)));
  }
}

}  // namespace xkv
