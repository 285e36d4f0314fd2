// SPDX-License-Identifier: Apache-2.0
/// Legal keys, types and ranges of upstream's configuration file (METHOD.md 9).
#include "app/plan/plan_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr int64_t kMaxLayers = 10'000;
constexpr int64_t kMaxRank = 1'000'000'000;

struct KeyRule {
  std::string_view key;
  bool is_needed = false;
};
constexpr KeyRule kTopKeys[] = {{"num_layers", true}, {"layer_groups", true},
                                {"layer_merge_impl"}, {"rank_k"},
                                {"rank_v"},           {"slerp_t"},
                                {"slerp_gamma"},      {"merge_key"},
                                {"merge_value"},      {"extra_kwargs"}};
constexpr KeyRule kGroupKeys[] = {
    {"layers", true}, {"rank_k"}, {"rank_v"}, {"slerp_t"}, {"slerp_gamma"}};

std::string valueText(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::null:
      return "empty";
    case YamlValue::Kind::sequence:
      return "a list";
    case YamlValue::Kind::mapping:
      return "a mapping";
    case YamlValue::Kind::scalar:
      break;
  }
  const std::string text = printable(value.text, 60);
  return value.plain ? text : "'" + text + "'";
}

template <class Number>
std::optional<Number> numberOf(const YamlValue& value) {
  Number number{};
  const char* const end = value.text.data() + value.text.size();
  const auto [stop, problem] = std::from_chars(value.text.data(), end, number);
  if (!value.plain || value.text.empty() || problem != std::errc{} || stop != end)
    return std::nullopt;
  return number;
}

/// One mapping of the plan. Keeps the first thing that is wrong in `refusal`, so fields read as a
/// list.
class MappingReader {
 public:
  MappingReader(std::string name, const YamlValue& mapping, std::string& refusal)
      : name_(std::move(name)), mapping_(mapping), refusal_(refusal) {}

  void checkKeys(std::span<const KeyRule> rules) {
    if (mapping_.kind != YamlValue::Kind::mapping) {
      return refuse(mapping_,
                    sentence("{} is {}, a mapping is needed", name_, valueText(mapping_)));
    }
    for (const auto& [key, value] : mapping_.fields) {
      if (std::ranges::find(rules, key, &KeyRule::key) == rules.end()) {
        refuse(value, sentence("{} has the unknown key {}", name_, printable(key, 60)));
      }
    }
    for (const KeyRule& rule : rules) {
      if (rule.is_needed && find(rule.key) == nullptr) {
        refuse(mapping_, sentence("{} has no {}", name_, rule.key));
      }
    }
  }

  const YamlValue* find(std::string_view key) const {
    const auto found = std::ranges::find(
        mapping_.fields, key, [](const auto& field) { return std::string_view(field.first); });
    return found == mapping_.fields.end() ? nullptr : &found->second;
  }

  std::optional<int64_t> integer(std::string_view key, int64_t smallest, int64_t largest) {
    const YamlValue* const value = find(key);
    if (value == nullptr) return std::nullopt;
    return checkedInteger(key, *value, smallest, largest);
  }

  int64_t checkedInteger(std::string_view key, const YamlValue& value, int64_t smallest,
                         int64_t largest) {
    const std::optional<int64_t> number = numberOf<int64_t>(value);
    if (number && *number >= smallest && *number <= largest) return *number;
    refuseValue(key, value, sentence("an integer from {} to {}", smallest, largest));
    return smallest;
  }

  bool boolean(std::string_view key, bool absent) {
    const YamlValue* const value = find(key);
    if (value == nullptr) return absent;
    for (const std::string_view yes : {"true", "True", "TRUE", "yes", "Yes", "on", "On"}) {
      if (value->plain && value->text == yes) return true;
    }
    for (const std::string_view no : {"false", "False", "FALSE", "no", "No", "off", "Off"}) {
      if (value->plain && value->text == no) return false;
    }
    refuseValue(key, *value, "true or false");
    return absent;
  }

  std::optional<double> share(std::string_view key) {
    const YamlValue* const value = find(key);
    if (value == nullptr) return std::nullopt;
    const std::optional<double> number = numberOf<double>(*value);
    if (number && *number >= 0 && *number <= 1) return number;
    refuseValue(key, *value, "a number from 0 to 1");
    return std::nullopt;
  }

  void refuseValue(std::string_view key, const YamlValue& value, const std::string& needed) {
    refuse(value, sentence("{} of {} is {}, {} is needed", key, name_, valueText(value), needed));
  }

  void refuse(const YamlValue& where, const std::string& why) {
    if (refusal_.empty()) refusal_ = sentence("line {}: {}", where.line, why);
  }

 private:
  std::string name_;
  const YamlValue& mapping_;
  std::string& refusal_;
};

/// Layers of all groups so far; grows with what the plan lists, not with what num_layers claims.
class LayerList {
 public:
  bool add(int64_t layer) {
    const auto place = std::ranges::lower_bound(sorted_, layer);
    if (place != sorted_.end() && *place == layer) return false;
    sorted_.insert(place, layer);
    return true;
  }

 private:
  std::vector<int64_t> sorted_;
};

LayerGroup readGroup(const std::string& name, const YamlValue& value, int64_t num_layers,
                     LayerList& used, std::string& refusal) {
  MappingReader reader(name, value, refusal);
  reader.checkKeys(kGroupKeys);
  LayerGroup group;
  const YamlValue* const layers = reader.find("layers");
  if (layers == nullptr) return group;
  if (layers->kind != YamlValue::Kind::sequence || layers->items.empty()) {
    reader.refuseValue("layers", *layers, "a list of at least one layer");
    return group;
  }
  for (const YamlValue& item : layers->items) {
    const int64_t layer = reader.checkedInteger("layers", item, 0, num_layers - 1);
    if (!refusal.empty()) return group;
    if (!used.add(layer)) reader.refuse(item, sentence("{} repeats layer {}", name, layer));
    if (group.num_layers == 0) group.first_layer = layer;
    const int64_t expected = group.first_layer + group.num_layers++;
    if (layer != expected) {
      reader.refuse(item,
                    sentence("layers of {} must be adjacent, in order: layer {} stands where {} "
                             "would follow",
                             name, layer, expected));
    }
  }
  group.rank_k = reader.integer("rank_k", 1, kMaxRank);
  group.rank_v = reader.integer("rank_v", 1, kMaxRank);
  group.slerp_t = reader.share("slerp_t");
  group.slerp_gamma = reader.share("slerp_gamma");
  return group;
}

void readGroups(MappingReader& top, ReadPlan& plan, std::string& refusal) {
  const YamlValue* const groups = top.find("layer_groups");
  if (groups == nullptr) return;
  if (groups->kind != YamlValue::Kind::sequence || groups->items.empty()) {
    return top.refuseValue("layer_groups", *groups, "a list of at least one group");
  }
  LayerList used;
  for (std::size_t i = 0; i < groups->items.size() && refusal.empty(); ++i) {
    plan.config.layer_groups.push_back(readGroup(sentence("layer_groups[{}]", i), groups->items[i],
                                                 plan.num_layers, used, refusal));
  }
}

Method readMergeImpl(MappingReader& top) {
  const YamlValue* const impl = top.find("layer_merge_impl");
  if (impl == nullptr) return Method::xkv;
  if (impl->kind == YamlValue::Kind::scalar && impl->text == "svd") return Method::xkv;
  if (impl->kind == YamlValue::Kind::scalar && impl->text == "slerp") return Method::minicache;
  top.refuseValue("layer_merge_impl", *impl, "svd or slerp");
  return Method::xkv;
}

/// Ranks of a stream that stays dense mean nothing, as in upstream's code.
void dropUnusedRanks(CompressionConfig& config) {
  if (!config.merge_key) config.rank_k.reset();
  if (!config.merge_value) config.rank_v.reset();
  for (LayerGroup& group : config.layer_groups) {
    if (!config.merge_key) group.rank_k.reset();
    if (!config.merge_value) group.rank_v.reset();
  }
}

/// The numbers of the other method are legal and mean nothing: upstream's files often have both.
void dropOtherMethod(CompressionConfig& config) {
  const bool slerp = config.method == Method::minicache;
  if (slerp) {
    config.rank_k.reset();
    config.rank_v.reset();
  } else {
    config.slerp_t = CompressionConfig{}.slerp_t;
    config.slerp_gamma = CompressionConfig{}.slerp_gamma;
  }
  for (LayerGroup& group : config.layer_groups) {
    if (slerp) {
      group.rank_k.reset();
      group.rank_v.reset();
    } else {
      group.slerp_t.reset();
      group.slerp_gamma.reset();
    }
  }
}

}  // namespace

Result<ReadPlan> readPlanTree(const YamlValue& root) {
  constexpr KeyRule kRootKeys[] = {{"xKV_config", true}};
  std::string refusal;
  MappingReader outer("the plan", root, refusal);
  outer.checkKeys(kRootKeys);
  if (!refusal.empty()) return failure(ErrorKind::bad_input, refusal);

  MappingReader top("xKV_config", *outer.find("xKV_config"), refusal);
  ReadPlan plan;
  top.checkKeys(kTopKeys);
  plan.config.method = readMergeImpl(top);
  plan.num_layers = top.integer("num_layers", 1, kMaxLayers).value_or(1);
  plan.config.rank_k = top.integer("rank_k", 1, kMaxRank);
  plan.config.rank_v = top.integer("rank_v", 1, kMaxRank);
  plan.config.merge_key = top.boolean("merge_key", true);
  plan.config.merge_value = top.boolean("merge_value", true);
  const CompressionConfig usual;
  plan.config.slerp_t = top.share("slerp_t").value_or(usual.slerp_t);
  plan.config.slerp_gamma = top.share("slerp_gamma").value_or(usual.slerp_gamma);
  readGroups(top, plan, refusal);
  if (!refusal.empty()) return failure(ErrorKind::bad_input, refusal);
  dropUnusedRanks(plan.config);
  dropOtherMethod(plan.config);
  return plan;
}

}  // namespace xkv
