// SPDX-License-Identifier: Apache-2.0
/// Opens the files of a model folder and leads a text through the parts.
#include "engine/text/tokenizer.h"

#include "engine/checkpoint/model_folder.h"
#include "engine/text/json_file.h"
#include "engine/text/printable.h"
#include "engine/text/tokenizer_config.h"
#include "engine/text/tokenizer_parts.h"
#include "engine/text/utf8.h"

namespace xkv {
namespace {

using text::JsonNode;
using Model = std::variant<text::Bpe, text::WordLevel>;

/// Files from before the key: merges are what only BPE has.
Result<std::string> modelType(const JsonNode& model) {
  if (!model.isObject()) return model.wrong("an object");
  if (model.has("type")) return model.at("type").text();
  if (model.has("merges")) return std::string("BPE");
  if (model.at("vocab").isObject() && !model.has("max_input_chars_per_word"))
    return std::string("WordLevel");
  return model.at("type").wrong("BPE or WordLevel");
}

Result<Model> readModel(const JsonNode& node) {
  auto type = modelType(node);
  if (!type) return Failure(type.error());
  if (*type == "BPE") {
    auto bpe = text::Bpe::fromJson(node);
    if (!bpe) return Failure(bpe.error());
    return Model(*std::move(bpe));
  }
  if (*type == "WordLevel") {
    auto word_level = text::WordLevel::fromJson(node);
    if (!word_level) return Failure(word_level.error());
    return Model(*std::move(word_level));
  }
  return node.at("type").wrong("a supported model (BPE, WordLevel)");
}

/// A stranger's folder cannot point at other files.
Status checkLinks(const ModelFolder& folder) {
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    if (!existsInModel(folder.path, name)) continue;
    const auto path = resolveModelFile(folder, name);
    if (!path) return Failure(path.error());
  }
  return {};
}

/// Moves a part into its place; false leaves the error in `status`.
template <class T>
bool take(Result<T> part, T& place, Status& status) {
  if (part) {
    place = *std::move(part);
  } else {
    status = Failure(part.error());
  }
  return part.has_value();
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Result<Tokenizer> Tokenizer::open(const ModelFolder& folder) {
  const Status links = checkLinks(folder);
  if (!links) return Failure(links.error());
  const std::string path = folder.path + "/tokenizer.json";
  auto json = text::readJsonFile(path);
  if (!json) return Failure(json.error());
  if (!json->is_object()) return JsonNode(*json, path + ":").wrong("an object");
  const JsonNode root(*json, path + ": ");
  auto impl = std::make_unique<Impl>();
  Status status;
  const bool whole =
      take(text::Normalizer::fromJson(root.at("normalizer")), impl->normalizer, status) &&
      take(text::PreTokenizer::fromJson(root.at("pre_tokenizer")), impl->pre_tokenizer, status) &&
      take(text::PostProcessor::fromJson(root.at("post_processor")), impl->post_processor,
           status) &&
      take(text::Decoder::fromJson(root.at("decoder")), impl->decoder, status) &&
      take(readModel(root.at("model")), impl->model, status) &&
      take(text::AddedTokens::fromJson(root.at("added_tokens"), impl->vocabulary(),
                                       impl->normalizer),
           impl->added_tokens, status);
  if (!whole) return Failure(status.error());
  status = impl->addConfiguredTokens(folder.path + "/tokenizer_config.json");
  if (!status) return Failure(status.error());
  return Tokenizer(std::move(impl));
}

Status Tokenizer::Impl::addConfiguredTokens(const std::string& path) {
  auto config = text::readTokenizerConfig(path);
  if (!config) return Failure(config.error());
  // Where the post-processor adds tokens they are all there: add_bos_token says it a second time.
  if (!post_processor.addsNothing()) return {};
  for (const auto* token : {&config->bos_token, &config->eos_token}) {
    if (!*token) continue;
    auto id = added_tokens.id(**token);
    if (!id) id = vocabulary().id(**token);
    if (!id) {
      return failure(ErrorKind::bad_input,
                     path + ": the token \"" + text::printable(**token) +
                         "\" is to be added to each text and not in the vocabulary");
    }
    if (token == &config->bos_token) {
      post_processor.addBefore(*id);
    } else {
      post_processor.addAfter(*id);
    }
  }
  return {};
}

Status Tokenizer::Impl::encodeSection(text::Piece section, std::vector<int64_t>& ids) const {
  auto pieces = pre_tokenizer.split(std::move(section));
  if (!pieces) return Failure(pieces.error());
  for (const text::Piece& piece : *pieces) {
    Status done = std::visit([&](const auto& one) { return one.encode(piece.text, ids); }, model);
    if (!done) return done;
  }
  return {};
}

Status Tokenizer::Impl::encodeBetweenTokens(std::string_view section, bool at_start,
                                            std::vector<int64_t>& ids) const {
  auto normalized = normalizer.apply(std::string(section));
  if (!normalized) return Failure(normalized.error());
  for (const auto& part : added_tokens.splitNormalized(*normalized)) {
    if (part.id) {
      ids.push_back(*part.id);
      continue;
    }
    const std::string text = normalized->substr(part.begin, part.end - part.begin);
    if (Status done = encodeSection({text, at_start && part.begin == 0}, ids); !done) return done;
  }
  return {};
}

Result<std::vector<int64_t>> Tokenizer::encode(std::string_view text,
                                               bool add_special_tokens) const {
  const std::string valid = text::validUtf8(text);
  std::vector<int64_t> ids;
  for (const auto& section : impl_->added_tokens.splitRaw(valid)) {
    if (section.id) {
      ids.push_back(*section.id);
      continue;
    }
    const auto between = std::string_view(valid).substr(section.begin, section.end - section.begin);
    Status done = impl_->encodeBetweenTokens(between, section.begin == 0, ids);
    if (!done) return Failure(done.error());
  }
  return add_special_tokens ? impl_->post_processor.apply(ids) : ids;
}

int64_t Tokenizer::idLimit() const {
  return std::max({impl_->vocabulary().idLimit(), impl_->added_tokens.idLimit(),
                   impl_->post_processor.idLimit()});
}

}  // namespace xkv
