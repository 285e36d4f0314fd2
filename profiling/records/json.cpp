// SPDX-License-Identifier: Apache-2.0
/// Records to JSON and CBOR and back, by the field lists of fields.h. The only user of
/// nlohmann/json here.
#include "profiling/records/json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "profiling/records/cbor_check.h"
#include "profiling/records/fields.h"
#include "profiling/records/printable.h"
#include "profiling/records/shapes.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

using Json = nlohmann::ordered_json;
static_assert(std::endian::native == std::endian::little,
              "CBOR vectors are copied as little-endian bytes");

enum class Form { json, cbor };

/// Records nest five deep at most; everything deeper is no record.
constexpr size_t kMaxDepth = 16;

// ---------------------------------------------------------------------------------------- writing

template <class T>
concept Word = std::is_enum_v<T>;
template <class T>
concept Floating = std::floating_point<T>;
template <class T>
concept Plain = std::integral<T> || std::same_as<T, std::string>;

/// A float as the shortest decimal that reads back as the same float: 0.1, not 0.10000000149011612.
double shortest(float value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double decimal = 0;
  std::from_chars(text.data(), end, decimal);
  return static_cast<float>(decimal) == value ? decimal : static_cast<double>(value);
}

class Writer {
 public:
  explicit Writer(Form form) : form_(form) {}

  /// For the field lists: one more key of the object that is being written.
  template <class T>
  void operator()(const char* key, const T& value) {
    object_[key] = toValue(value);
  }

  template <class T>
  Json toObject(const T& record) {
    Writer inner(form_);
    inner.object_ = Json::object();
    fields(inner, record);
    return std::move(inner.object_);
  }

 private:
  template <Word T>
  Json toValue(const T& value) {
    return Json(std::string(word(value)));
  }
  template <Plain T>
  Json toValue(const T& value) {
    return Json(value);
  }
  template <Floating T>
  Json toValue(const T& value) {
    if (form_ == Form::cbor) return Json(static_cast<double>(value));
    if (!std::isfinite(value)) return nullptr;
    if constexpr (std::same_as<T, float>) return shortest(value);
    return Json(value);
  }
  template <class T>
  Json toValue(const std::optional<T>& value) {
    return value ? toValue(*value) : Json(nullptr);
  }
  template <class T>
  Json toValue(const std::vector<T>& values) {
    if constexpr (Floating<T>) {
      if (form_ == Form::cbor) return toBytes(values);
    }
    Json list = Json::array();
    list.get_ref<Json::array_t&>().reserve(values.size());
    for (const T& value : values) list.push_back(toValue(value));
    return list;
  }
  template <class T>
  Json toValue(const T& record) {
    return toObject(record);
  }
  template <class T>
  static Json toBytes(const std::vector<T>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return Json::binary(std::move(bytes));
  }

  Form form_;
  Json object_;
};

template <class T>
Json tree(const T& value, Form form) {
  return Writer(form).toObject(value);
}

Json tree(const Record& record, Form form) {
  Json typed = {{"type", std::string(recordType(record))}};
  typed.update(std::visit([&](const auto& r) { return tree(r, form); }, record));
  return typed;
}

/// Bytes that are no UTF-8 become U+FFFD: JSON has no other way to carry them.
template <class T>
std::string textOf(const T& value, int indent = -1) {
  return tree(value, Form::json).dump(indent, ' ', true, Json::error_handler_t::replace);
}

template <class T>
std::vector<uint8_t> bytesOf(const T& value) {
  return Json::to_cbor(tree(value, Form::cbor));
}

// ---------------------------------------------------------------------------------------- parsing

/// Builds the tree of one text without exceptions; refuses depth and keys that stand twice.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  Json takeTree() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& value) override { return put(std::move(value)); }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name))
      return fail("key \"" + printable(name, 40) + "\" stands twice");
    key_ = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    const std::string_view what = error.what();
    return fail(printable(what.substr(std::min(what.find("] ") + 2, what.size()))));
  }

 private:
  bool fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }
  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
    return &((*open_.back())[key_] = std::move(value));
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  /// A parent does not grow while its child is open, so the pointers stay true.
  bool open(Json value) {
    if (open_.size() >= kMaxDepth)
      return fail("more than " + std::to_string(kMaxDepth) + " levels deep");
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  std::string key_;
  std::string problem_;
};

Failure refused(std::string message) { return failure(ErrorKind::bad_input, std::move(message)); }

template <class Input>
Result<Json> parse(const Input& input, Json::input_format_t format) {
  TreeBuilder builder;
  if (Json::sax_parse(input.begin(), input.end(), &builder, format)) return builder.takeTree();
  return refused(builder.problem());
}

Result<Json> parseJson(std::string_view text) { return parse(text, Json::input_format_t::json); }

Result<Json> parseCbor(std::span<const uint8_t> bytes) {
  if (Status sound = checkCbor(bytes, kMaxDepth); !sound) return tl::unexpected(sound.error());
  return parse(bytes, Json::input_format_t::cbor);
}

// ---------------------------------------------------------------------------------------- reading

/// The way from the top of the object to a value; made into text only for a sentence.
struct Where {
  const Where* parent = nullptr;
  const char* key = nullptr;
  size_t index = 0;

  std::string text() const {
    const std::string before = parent == nullptr ? "" : parent->text();
    if (key == nullptr) return parent == nullptr ? "" : before + "[" + std::to_string(index) + "]";
    return before.empty() ? key : before + "." + key;
  }
};

/// What stands there, short enough for a sentence.
std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_binary()) return std::to_string(value.get_binary().size()) + " bytes";
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

template <Word T>
std::string wordsOf() {
  std::string list;
  for (int number = 0; !word(static_cast<T>(number)).empty(); ++number) {
    list += (list.empty() ? "" : ", ") + std::string(word(static_cast<T>(number)));
  }
  return list;
}

/// Reads one object by a field list. The first problem is kept, what follows is skipped.
class Reader {
 public:
  Reader(const Json& object, const Where* where, std::optional<Error>& error)
      : object_(object), where_(where), error_(error) {}

  template <class T>
  void operator()(const char* key, T& value) {
    if (error_) return;
    const Where here{where_, key};
    const auto found = object_.find(key);
    if (found == object_.end()) return refuse(here, "is missing");
    known_.push_back(key);
    read(*found, here, value);
  }

  /// A key that is read elsewhere.
  void allow(const char* key) { known_.push_back(key); }

  void refuseOthers() {
    if (error_ || known_.size() == object_.size()) return;
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      const std::string name = shown(Json(key));
      return refuse(where_ == nullptr ? Where{} : *where_, "has an unknown key " + name);
    }
  }

 private:
  void refuse(const Where& here, const std::string& problem) {
    const std::string place = here.text();
    error_ = Error{ErrorKind::bad_input, (place.empty() ? "the record" : place) + " " + problem};
  }
  void refuse(const Where& here, const Json& value, const std::string& needed) {
    refuse(here, "is " + shown(value) + ", " + needed + " is needed");
  }

  void read(const Json& json, const Where& here, bool& value) {
    if (!json.is_boolean()) return refuse(here, json, "true or false");
    value = json.get<bool>();
  }
  template <std::integral T>
  void read(const Json& json, const Where& here, T& value) {
    if (!json.is_number_integer()) return refuse(here, json, "a whole number");
    const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<uint64_t>())
                                                : std::in_range<T>(json.get<int64_t>());
    if (!fits) {
      return refuse(here, json,
                    "a whole number from " + std::to_string(std::numeric_limits<T>::min()) +
                        " to " + std::to_string(std::numeric_limits<T>::max()));
    }
    value = json.get<T>();
  }
  template <Floating T>
  void read(const Json& json, const Where& here, T& value) {
    if (json.is_null()) {
      value = std::numeric_limits<T>::quiet_NaN();
      return;
    }
    if (!json.is_number()) return refuse(here, json, "a number or null");
    const double number = json.get<double>();
    if (std::isfinite(number) && std::abs(number) > std::numeric_limits<T>::max()) {
      return refuse(here, json, "a number of single precision");
    }
    value = static_cast<T>(number);
  }
  void read(const Json& json, const Where& here, std::string& value) {
    if (!json.is_string()) return refuse(here, json, "a text");
    value = json.get_ref<const std::string&>();
  }
  template <Word T>
  void read(const Json& json, const Where& here, T& value) {
    const auto known =
        json.is_string() ? fromWord<T>(json.get_ref<const std::string&>()) : std::nullopt;
    if (!known) return refuse(here, json, "one of " + wordsOf<T>());
    value = *known;
  }
  template <class T>
  void read(const Json& json, const Where& here, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(json, here, value.emplace());
  }
  template <class T>
  void read(const Json& json, const Where& here, std::vector<T>& values) {
    if constexpr (Floating<T>) {
      if (json.is_binary()) return readBytes(json, here, values);
    }
    if (!json.is_array()) return refuse(here, json, "a list");
    values.resize(json.size());
    for (size_t i = 0; i < values.size() && !error_; ++i) {
      read(json[i], Where{&here, nullptr, i}, values[i]);
    }
  }
  template <class T>
  void read(const Json& json, const Where& here, T& record) {
    if (!json.is_object()) return refuse(here, json, "an object");
    Reader inner(json, &here, error_);
    fields(inner, record);
    inner.refuseOthers();
  }
  template <Floating T>
  void readBytes(const Json& json, const Where& here, std::vector<T>& values) {
    const auto& bytes = json.get_binary();
    if (bytes.size() % sizeof(T) != 0) {
      return refuse(here, json, "a multiple of " + std::to_string(sizeof(T)));
    }
    values.resize(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  }

  const Json& object_;
  const Where* where_;
  std::optional<Error>& error_;
  std::vector<std::string_view> known_;
};

template <class T>
Result<T> fromTree(const Result<Json>& json, const char* type_key = nullptr) {
  if (!json) return tl::unexpected(json.error());
  if (!json->is_object()) return refused("the record is " + shown(*json) + ", an object is needed");
  std::optional<Error> error;
  Reader reader(*json, nullptr, error);
  if (type_key != nullptr) reader.allow(type_key);
  T value;
  fields(reader, value);
  reader.refuseOthers();
  if (error) return tl::unexpected(*error);
  return value;
}

/// Tries the kinds of records one after the other until the word fits.
template <size_t kIndex = 0>
Result<Record> recordOfType(const std::string& type, const Result<Json>& json) {
  if constexpr (kIndex == std::variant_size_v<Record>) {
    return refused("type is " + shown(Json(type)) + ", which is no kind of record");
  } else {
    using T = std::variant_alternative_t<kIndex, Record>;
    if (type != recordType<T>()) return recordOfType<kIndex + 1>(type, json);
    Result<T> value = fromTree<T>(json, "type");
    if (!value) return failure(value.error().kind, type + ": " + value.error().message);
    return Record(std::move(*value));
  }
}

Result<Record> recordFrom(const Result<Json>& json) {
  if (!json) return tl::unexpected(json.error());
  if (!json->is_object()) return refused("the record is " + shown(*json) + ", an object is needed");
  const auto type = json->find("type");
  if (type == json->end()) return refused("type is missing");
  if (!type->is_string()) return refused("type is " + shown(*type) + ", a text is needed");
  Result<Record> record = recordOfType(type->get_ref<const std::string&>(), json);
  if (!record) return record;
  if (Status fits = checkShapes(*record); !fits) return tl::unexpected(fits.error());
  return record;
}

/// The shapes of every record in a run that was read as one object.
Status checkRun(const Run& run) {
  const auto all = [](const auto& list) -> Status {
    for (const auto& record : list) {
      if (Status fits = checkShapes(record); !fits) return fits;
    }
    return {};
  };
  for (Status fits :
       {checkShapes(run.started), all(run.cka), all(run.spectra), all(run.reconstructions),
        checkShapes(run.timeline), run.divergence ? checkShapes(*run.divergence) : Status()}) {
    if (!fits) return fits;
  }
  return {};
}

}  // namespace

std::string toJson(const Record& record) { return textOf(record); }
std::string toJson(const RunSpec& spec) { return textOf(spec); }
std::string toJson(const ModelShape& shape) { return textOf(shape); }
std::string toJson(const RunSummary& summary) { return textOf(summary); }
std::string toJson(const Run& run, int indent) { return textOf(run, indent); }

std::vector<uint8_t> toCbor(const Record& record) { return bytesOf(record); }
std::vector<uint8_t> toCbor(const RunSpec& spec) { return bytesOf(spec); }
std::vector<uint8_t> toCbor(const ModelShape& shape) { return bytesOf(shape); }

Result<Record> recordFromJson(std::string_view text) { return recordFrom(parseJson(text)); }
Result<Record> recordFromCbor(std::span<const uint8_t> bytes) {
  return recordFrom(parseCbor(bytes));
}
Result<RunSpec> runSpecFromJson(std::string_view text) {
  return fromTree<RunSpec>(parseJson(text));
}
Result<RunSpec> runSpecFromCbor(std::span<const uint8_t> bytes) {
  return fromTree<RunSpec>(parseCbor(bytes));
}
Result<ModelShape> modelShapeFromJson(std::string_view text) {
  return fromTree<ModelShape>(parseJson(text));
}
Result<ModelShape> modelShapeFromCbor(std::span<const uint8_t> bytes) {
  return fromTree<ModelShape>(parseCbor(bytes));
}
Result<Run> runFromJson(std::string_view text) {
  Result<Run> run = fromTree<Run>(parseJson(text));
  if (!run) return run;
  if (Status fits = checkRun(*run); !fits) return tl::unexpected(fits.error());
  return run;
}

}  // namespace xkv
