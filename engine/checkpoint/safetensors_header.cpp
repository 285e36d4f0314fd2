// SPDX-License-Identifier: Apache-2.0
/// A SAX handler that knows the three levels a header may have and refuses everything else on
/// sight.
#include "engine/checkpoint/safetensors_header.h"

#include <limits>
#include <utility>

#include "engine/checkpoint/strict_json.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

class HeaderHandler {
 public:
  bool null() { return refuseValue("null"); }
  bool boolean(bool) { return refuseValue("a boolean"); }
  bool number_float(json::number_float_t, const std::string& text) { return refuseValue(text); }
  bool number_integer(json::number_integer_t value) { return refuseValue(std::to_string(value)); }
  bool binary(json::binary_t&) { return refuseValue("binary data"); }
  bool number_unsigned(json::number_unsigned_t value);
  bool string(std::string& value);
  bool start_object(std::size_t);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool key(std::string& name);
  bool parse_error(std::size_t position, const std::string& token, const json::exception& problem) {
    return refuse(jsonComplaint(position, token, problem));
  }

  SafetensorsHeader header;
  std::string refusal;

 private:
  enum class Level { outside, top, metadata, tensor, shape, offsets };
  enum Field : unsigned { kDtype = 1, kShape = 2, kOffsets = 4, kAllFields = 7 };

  bool refuse(std::string why) {
    refusal = std::move(why);
    return false;
  }
  bool refuseValue(const std::string& what);
  std::string where() const;
  bool fieldKey(const std::string& name);
  bool topKey(std::string& name);

  Level level_ = Level::outside;
  std::string name_;   // the tensor's, or the metadata key's
  std::string field_;  // the tensor entry's
  unsigned seen_ = 0;  // fields of this tensor
  bool has_metadata_ = false;
  std::size_t num_offsets_ = 0;
  TensorHeader tensor_;
};

std::string HeaderHandler::where() const {
  switch (level_) {
    case Level::outside:
      return "the header";
    case Level::top:
      return "the entry " + printable(name_);
    case Level::metadata:
      return "__metadata__ " + printable(name_);
    case Level::tensor:
      return sentence("tensor {}: {}", printable(name_), printable(field_));
    case Level::shape:
      return sentence("tensor {}: a dimension of shape", printable(name_));
    case Level::offsets:
      return sentence("tensor {}: data_offsets", printable(name_));
  }
  return {};
}

bool HeaderHandler::refuseValue(const std::string& what) {
  const char* needed = "an object";
  if (level_ == Level::metadata) needed = "a string";
  if (level_ == Level::shape || level_ == Level::offsets) needed = "a natural number";
  if (level_ == Level::tensor) {
    needed = field_ == "dtype"   ? "a string"
             : field_ == "shape" ? "an array of natural numbers"
                                 : "an array of two natural numbers";
  }
  return refuse(sentence("{} is {}, {} is needed", where(), printable(what, 40), needed));
}

bool HeaderHandler::number_unsigned(json::number_unsigned_t value) {
  if (level_ != Level::shape && level_ != Level::offsets) return refuseValue(std::to_string(value));
  constexpr auto kLargest =
      static_cast<json::number_unsigned_t>(std::numeric_limits<int64_t>::max());
  if (value > kLargest) return refuse(sentence("{} is {}, which is too large", where(), value));
  if (level_ == Level::shape) {
    if (tensor_.shape.size() == kMaxTensorDims) {
      return refuse(sentence("tensor {}: shape has more than {} dimensions", printable(name_),
                             kMaxTensorDims));
    }
    tensor_.shape.push_back(static_cast<int64_t>(value));
    return true;
  }
  if (num_offsets_ == tensor_.offsets.size()) {
    return refuse(where() + " has more than two numbers");
  }
  tensor_.offsets[num_offsets_++] = static_cast<int64_t>(value);
  return true;
}

bool HeaderHandler::string(std::string& value) {
  if (level_ == Level::metadata) {
    header.metadata.emplace(std::move(name_), std::move(value));
    return true;
  }
  if (level_ != Level::tensor || field_ != "dtype") return refuseValue("the string " + value);
  tensor_.dtype = std::move(value);
  return true;
}

bool HeaderHandler::start_object(std::size_t) {
  switch (level_) {
    case Level::outside:
      level_ = Level::top;
      return true;
    case Level::top:
      level_ = name_ == "__metadata__" ? Level::metadata : Level::tensor;
      tensor_ = {};
      seen_ = 0;
      return true;
    default:
      return refuseValue("an object");
  }
}

bool HeaderHandler::end_object() {
  if (level_ == Level::top) {
    level_ = Level::outside;
    return true;
  }
  if (level_ == Level::tensor) {
    if (seen_ != kAllFields) {
      const char* missing = !(seen_ & kDtype)   ? "dtype"
                            : !(seen_ & kShape) ? "shape"
                                                : "data_offsets";
      return refuse(sentence("tensor {} has no {}", printable(name_), missing));
    }
    header.tensors.emplace(std::move(name_), std::move(tensor_));
  }
  level_ = Level::top;
  return true;
}

bool HeaderHandler::start_array(std::size_t) {
  if (level_ == Level::tensor && field_ == "shape") {
    level_ = Level::shape;
  } else if (level_ == Level::tensor && field_ == "data_offsets") {
    level_ = Level::offsets;
    num_offsets_ = 0;
  } else {
    return refuseValue("an array");
  }
  return true;
}

bool HeaderHandler::end_array() {
  if (level_ == Level::offsets && num_offsets_ != tensor_.offsets.size()) {
    return refuse(sentence("{} has {} numbers, two are needed", where(), num_offsets_));
  }
  level_ = Level::tensor;
  return true;
}

bool HeaderHandler::key(std::string& name) {
  switch (level_) {
    case Level::top:
      return topKey(name);
    case Level::tensor:
      return fieldKey(name);
    default:
      if (header.metadata.contains(name)) {
        return refuse(sentence("__metadata__ holds {} twice", printable(name)));
      }
      name_ = std::move(name);
      return true;
  }
}

bool HeaderHandler::topKey(std::string& name) {
  const bool is_metadata = name == "__metadata__";
  if (is_metadata ? has_metadata_ : header.tensors.contains(name)) {
    return refuse(sentence("the name {} stands twice", printable(name)));
  }
  has_metadata_ = has_metadata_ || is_metadata;
  name_ = std::move(name);
  return true;
}

bool HeaderHandler::fieldKey(const std::string& name) {
  const unsigned field = name == "dtype"          ? kDtype
                         : name == "shape"        ? kShape
                         : name == "data_offsets" ? kOffsets
                                                  : 0u;
  const std::string tensor = printable(name_);
  if (field == 0) {
    return refuse(sentence("tensor {} has the unknown field {}", tensor, printable(name)));
  }
  if (seen_ & field) return refuse(sentence("tensor {} has {} twice", tensor, name));
  seen_ |= field;
  field_ = name;
  return true;
}

}  // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(const std::string& label, std::string_view json) {
  HeaderHandler handler;
  if (Status parsed = parseJsonEvents(label, json, handler); !parsed) {
    return tl::unexpected(parsed.error());
  }
  return std::move(handler.header);
}

}  // namespace xkv
