// SPDX-License-Identifier: Apache-2.0
#include "ops/entry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "ir/text.h"
#include "ops/reference/reference.h"

namespace tn::ops {
namespace {

TEST(Entries, MakeTheirOperators) {
  for (const OpEntry* entry : all_ops()) {
    if (!entry->make) {
      EXPECT_FALSE(entry->onnx.empty()) << entry->name << " has neither an operator nor an importer";
      continue;
    }
    const auto op = entry->make();
    EXPECT_EQ(op->name(), entry->name);
    EXPECT_NE(make_op_by_name(entry->name), nullptr);
  }
  EXPECT_EQ(make_op_by_name("NoSuchOperator"), nullptr);
}

TEST(Entries, HaveDistinctNames) {
  std::vector<std::string_view> names;
  for (const OpEntry* entry : all_ops()) names.push_back(entry->name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Entries, AttributesRoundTrip) {
  for (const OpEntry* entry : all_ops()) {
    if (!entry->make) continue;
    const auto op = entry->make(), other = entry->make();
    other->set_attributes(op->attributes());
    EXPECT_EQ(op->attributes(), other->attributes()) << entry->name;
    EXPECT_EQ(op->encode(), other->encode()) << entry->name;
    EXPECT_THROW(other->set_attributes({{"no such attribute", FieldValue(int64_t{1})}}), Error) << entry->name;
  }
}

TEST(Entries, ReferencedOperatorsHaveAReferenceForTheirBytes) {
  for (const OpEntry* entry : all_ops()) {
    if (!entry->make) continue;
    const auto op = entry->make();
    const ReferenceEntry* reference = find_reference(entry->name);
    EXPECT_EQ(dynamic_cast<const Referenced*>(op.get()) != nullptr, reference != nullptr) << entry->name;
    if (!reference) continue;
    EXPECT_NO_THROW(reference->make(op->encode())) << entry->name;
  }
}

TEST(Entries, CasesAreNodesOfTheirOperator) {
  for (const OpEntry* entry : all_ops()) {
    for (const std::string_view text : entry->cases) {
      SCOPED_TRACE(text);
      try {
        const Graph graph = parse_case(text, make_op_by_name);
        ASSERT_EQ(graph.order().size(), 1u);
        EXPECT_EQ(graph.node(graph.order()[0]).op->name(), entry->name);
      } catch (const Error& error) {
        ADD_FAILURE() << error.what();
      }
    }
  }
}

TEST(Entries, ImportersAreFoundByVersion) {
  EXPECT_EQ(find_onnx_importer("", "NoSuchOperator", 17), nullptr);
  EXPECT_EQ(find_onnx_importer("", "Slice", 0), nullptr);
  const OnnxImporter* old = find_onnx_importer("", "Slice", 9);
  const OnnxImporter* recent = find_onnx_importer("", "Slice", 17);
  ASSERT_TRUE(old && recent);
  EXPECT_EQ(old->since_version, 1);
  EXPECT_EQ(recent->since_version, 10);
}

}  // namespace
}  // namespace tn::ops
