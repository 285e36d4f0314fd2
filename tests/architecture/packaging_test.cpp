// SPDX-License-Identifier: Apache-2.0
/// What the desktop is told about session files is true of the files that the store writes.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "app/version.h"
#include "storage/session_store.h"

namespace xkv::architecture {
namespace {

std::string textOf(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string desktopFile(const std::string& suffix) {
  return textOf(XKV_SOURCE_DIR "/resources/desktop/org.xkv.Scope." + suffix);
}

/// The first group of `pattern` in `text`, or nothing.
std::string found(const std::string& text, const std::string& pattern) {
  std::smatch match;
  return std::regex_search(text, match, std::regex(pattern)) ? match[1].str() : "";
}

/// A folder for one test, removed at its end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "packaging.XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Packaging, TheMimeMagicFitsASession) {
  const Folder folder;
  const std::string path = folder.path() / "a.xkv";
  {
    const auto store = storage::SessionStore::create(path);
    ASSERT_TRUE(store) << store.error().message;
  }
  const std::string mime = desktopFile("mime.xml");
  const std::string session = textOf(path);
  ASSERT_GT(session.size(), 72u);
  EXPECT_EQ(session.substr(0, 15), found(mime, "value=\"(SQLite format 3)\\\\0\" offset=\"0\""));
  uint32_t application_id = 0;
  for (size_t i = 68; i < 72; ++i) {
    application_id = application_id << 8 | static_cast<unsigned char>(session[i]);
  }
  const std::string magic = found(mime, "type=\"big32\" value=\"(0x[0-9a-f]+)\" offset=\"68\"");
  ASSERT_FALSE(magic.empty());
  EXPECT_EQ(application_id, std::stoul(magic, nullptr, 16));
}

TEST(Packaging, TheDesktopFilesNameTheSameThings) {
  const std::string type = found(desktopFile("mime.xml"), "mime-type type=\"([^\"]+)\"");
  EXPECT_EQ(type, "application/x-xkv-session");
  EXPECT_EQ(found(desktopFile("desktop"), "MimeType=([^;]+);"), type);
  EXPECT_EQ(found(desktopFile("metainfo.xml"), "<mediatype>([^<]+)"), type);
  EXPECT_EQ(found(desktopFile("metainfo.xml"), "\"desktop-id\">([^<]+)"), "org.xkv.Scope.desktop");
  EXPECT_EQ(found(desktopFile("metainfo.xml"), "<id>([^<]+)"), "org.xkv.Scope");
  EXPECT_EQ(found(desktopFile("desktop"), "Icon=(\\S+)"), "org.xkv.Scope");
}

TEST(Packaging, TheVersionIsTheSameEverywhere) {
  const std::string build = textOf(XKV_SOURCE_DIR "/CMakeLists.txt");
  EXPECT_EQ(found(build, "project\\(xkv_scope VERSION (\\S+)"), kVersion);
  EXPECT_EQ(found(desktopFile("metainfo.xml"), "<release version=\"([^\"]+)"), kVersion);
}

}  // namespace
}  // namespace xkv::architecture
