// SPDX-License-Identifier: Apache-2.0
#include "ops/text/text.h"

#include "ops/compose.h"
#include "ops/entry.h"
#include "ops/rules.h"

namespace tn::ops {
namespace {

// The shape of the strings of an input.
Dims dims_of_strings(const InferContext& context, int input) {
  const TensorType& type = context.type(input);
  model_check(type.type == DataType::U8 && type.rank() > 0, "input {} is {}, no strings", input, to_string(type));
  return Dims(type.dims.begin(), type.dims.end() - 1);
}

TensorType strings_of(Dims dims, Dim bytes) {
  dims.push_back(std::move(bytes));
  return {DataType::U8, std::move(dims)};
}

}  // namespace

std::vector<TensorType> StringConcat::infer(const InferContext& context) const {
  Dims dims = broadcast(dims_of_strings(context, 0), dims_of_strings(context, 1));
  return {strings_of(std::move(dims), context.type(0).dims.back() + context.type(1).dims.back())};
}

std::vector<TensorType> StringEqual::infer(const InferContext& context) const {
  return {{DataType::Bool, broadcast(dims_of_strings(context, 0), dims_of_strings(context, 1))}};
}

std::vector<TensorType> RegexFullMatch::infer(const InferContext& context) const {
  return {{DataType::Bool, dims_of_strings(context, 0)}};
}

std::vector<TensorType> StringSplit::infer(const InferContext& context) const {
  const Dims dims = dims_of_strings(context, 0);
  const Dim bytes = context.type(0).dims.back();
  const Dim most = maxsplit >= 0 ? smaller(bytes + 1, maxsplit + 1) : bytes + 1;
  Dims parts = dims;
  parts.push_back(context.unknown(0, static_cast<int>(dims.size()), most));
  return {strings_of(std::move(parts), bytes), {DataType::I64, dims}};
}

std::vector<TensorType> StringNormalizer::infer(const InferContext& context) const {
  Dims dims = dims_of_strings(context, 0);
  model_check(dims.size() == 1 || (dims.size() == 2 && may_equal(dims[0], 1)),
              "strings of {}; [C] and [1,C] are possible", to_string(dims));
  dims.back() = context.unknown(0, static_cast<int>(dims.size()) - 1, larger(dims.back(), 1));
  return {strings_of(std::move(dims), context.type(0).dims.back())};
}

std::vector<TensorType> StringParse::infer(const InferContext& context) const {
  return {{DataType::F64, dims_of_strings(context, 0)}};
}

std::vector<TensorType> StringPrint::infer(const InferContext& context) const {
  return {strings_of(context.type(0).dims, kBytes)};
}

namespace {

std::vector<TensorId> import_concat(NodeView& node) {
  node.give(0, import::Strings{node.add(std::make_shared<StringConcat>(), {node.strings(0), node.strings(1)})});
  return {};
}

std::vector<TensorId> import_regex(NodeView& node) {
  auto op = std::make_shared<RegexFullMatch>();
  op->pattern = node.text("pattern", "");
  return node.add_all(std::move(op), {node.strings(0)});
}

std::vector<TensorId> import_split(NodeView& node) {
  auto op = std::make_shared<StringSplit>();
  op->delimiter = node.text("delimiter", "");
  op->maxsplit = node.integer("maxsplit", -1);
  const auto results = node.add_all(std::move(op), {node.strings(0)});
  return node.give_all({import::Strings{results[0]}, results[1]});
}

std::vector<TensorId> import_normalizer(NodeView& node) {
  auto op = std::make_shared<StringNormalizer>();
  op->case_action = node.text("case_change_action", "NONE");
  op->case_sensitive = node.integer("is_case_sensitive", 0) != 0;
  if (const auto found = node.attributes.find("stopwords"); found != node.attributes.end())
    op->stopwords = std::get<std::vector<std::string>>(found->second);
  node.give(0, import::Strings{node.add(std::move(op), {node.strings(0)})});
  return {};
}

// Conformance cases spell "ab", "b" and so on in bytes.
constexpr OnnxImporter kConcat[] = {{"StringConcat", 20, import_concat}};
constexpr OnnxImporter kRegex[] = {{"RegexFullMatch", 20, import_regex}};
constexpr OnnxImporter kSplit[] = {{"StringSplit", 20, import_split}};
constexpr OnnxImporter kNormalizer[] = {{"StringNormalizer", 10, import_normalizer}};
constexpr std::string_view kConcatCases[] = {
    "StringConcat(u8[3,2]{97,98,98,0,0,0}, u8[1,3]{99,99,0})",
};
constexpr std::string_view kEqualCases[] = {
    "StringEqual(u8[3,2]{97,98,98,0,0,0}, u8[1,3]{98,0,0})",
};
constexpr std::string_view kRegexCases[] = {"RegexFullMatch(u8[3,2]{97,98,98,0,0,0}) {pattern=\"a?b\"}"};
constexpr std::string_view kSplitCases[] = {
    "StringSplit(u8[2,4]{97,32,98,99,32,97,32,0})",
    "StringSplit(u8[2,4]{97,98,98,99,98,97,98,0}) {delimiter=\"b\", maxsplit=2}",
};
constexpr std::string_view kNormalizerCases[] = {
    "StringNormalizer(u8[3,2]{97,98,98,0,65,0}) {case_action=\"UPPER\", stopwords=[\"a\"]}",
};
constexpr std::string_view kParseCases[] = {"StringParse(u8[2,4]{49,46,53,0,45,50,101,49})"};
constexpr std::string_view kPrintCases[] = {"StringPrint(f32[3]{1.5,-2,0.1})", "StringPrint(i64[2]{-7,12})"};

}  // namespace

extern const OpEntry regex_full_match_entry = {RegexFullMatch::kName, make_op<RegexFullMatch>, kRegex, kRegexCases};
extern const OpEntry string_concat_entry = {StringConcat::kName, make_op<StringConcat>, kConcat, kConcatCases};
extern const OpEntry string_equal_entry = {StringEqual::kName, make_op<StringEqual>, {}, kEqualCases};
extern const OpEntry string_normalizer_entry = {StringNormalizer::kName, make_op<StringNormalizer>, kNormalizer,
                                                kNormalizerCases};
extern const OpEntry string_parse_entry = {StringParse::kName, make_op<StringParse>, {}, kParseCases};
extern const OpEntry string_print_entry = {StringPrint::kName, make_op<StringPrint>, {}, kPrintCases};
extern const OpEntry string_split_entry = {StringSplit::kName, make_op<StringSplit>, kSplit, kSplitCases};

}  // namespace tn::ops
