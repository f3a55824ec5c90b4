// SPDX-License-Identifier: Apache-2.0
// Operators on strings, which are u8 with one axis more: the bytes of each string, padded with zeros.
#pragma once

#include "ops/definition.h"
#include "ops/text/reference/text.h"

namespace tn::ops {

/// Inputs broadcast but for their last axes, which add up.
struct StringConcat final : OpBase<StringConcat, Referenced> {
  static constexpr std::string_view kName = "StringConcat";
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Whether strings are the same. Inputs broadcast but for their last axes.
struct StringEqual final : OpBase<StringEqual, Referenced> {
  static constexpr std::string_view kName = "StringEqual";
  std::vector<TensorType> infer(const InferContext& context) const override;
};

struct RegexFullMatch final : OpBase<RegexFullMatch, Referenced>, RegexAttributes {
  static constexpr std::string_view kName = "RegexFullMatch";
  using RegexAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Outputs: the parts, filled up with empty strings to the most that a string has, and how many parts each has.
struct StringSplit final : OpBase<StringSplit, Referenced>, StringSplitAttributes {
  static constexpr std::string_view kName = "StringSplit";
  using StringSplitAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Drops stop words and changes case; of [C] or [1,C] strings.
struct StringNormalizer final : OpBase<StringNormalizer, Referenced>, StringNormalizeAttributes {
  static constexpr std::string_view kName = "StringNormalizer";
  using StringNormalizeAttributes::fields;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Strings as numbers. Throws while running where one is none.
struct StringParse final : OpBase<StringParse, Referenced> {
  static constexpr std::string_view kName = "StringParse";
  std::vector<TensorType> infer(const InferContext& context) const override;
};

/// Numbers as strings of at most kBytes.
struct StringPrint final : OpBase<StringPrint, Referenced> {
  static constexpr std::string_view kName = "StringPrint";
  static constexpr int64_t kBytes = 32;
  std::vector<TensorType> infer(const InferContext& context) const override;
};

}  // namespace tn::ops
