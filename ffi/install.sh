#!/bin/sh
# Installs header, shared object, archive, pkg-config file and CMake package below PREFIX.
#
#     ffi/install.sh [--from DIRECTORY] PREFIX
#
# Builds a release first; with --from it takes libsanwang.so and libsanwang.a from DIRECTORY instead. DESTDIR, where
# set, stands before PREFIX for the copies only.
set -eu

usage() {
    echo "usage: $0 [--from DIRECTORY] PREFIX" >&2
    exit 2
}

from=
while [ $# -gt 0 ]; do
    case $1 in
    --from) [ $# -ge 2 ] || usage; from=$2; shift 2 ;;
    -*) usage ;;
    *) break ;;
    esac
done
[ $# -eq 1 ] || usage
prefix=$1
case $prefix in
/*) ;;
*) echo "$0: PREFIX is $prefix: give an absolute path" >&2; exit 2 ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
[ -n "$version" ] || { echo "$0: $root/Cargo.toml names no version" >&2; exit 1; }
# As in ffi/build.rs.
soname=libsanwang.so.0

if [ -z "$from" ]; then
    (cd "$root" && cargo build --release --package sanwang-ffi)
    from=${CARGO_TARGET_DIR:-$root/target}/release
fi
for file in libsanwang.so libsanwang.a; do
    [ -f "$from/$file" ] || { echo "$0: there is no $file in $from" >&2; exit 1; }
done

to=${DESTDIR:-}$prefix
install -d "$to/include" "$to/lib/pkgconfig" "$to/lib/cmake/sanwang"
install -m 644 "$root/include/sanwang.h" "$to/include/sanwang.h"
install -m 755 "$from/libsanwang.so" "$to/lib/libsanwang.so.$version"
ln -sf "libsanwang.so.$version" "$to/lib/$soname"
ln -sf "$soname" "$to/lib/libsanwang.so"
install -m 644 "$from/libsanwang.a" "$to/lib/libsanwang.a"

# What the archive needs: `cargo rustc -p sanwang-ffi -- --print native-static-libs`.
native="-lgcc_s -lutil -lrt -lpthread -lm -ldl"

cat >"$to/lib/pkgconfig/sanwang.pc" <<END
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: sanwang
Description: SMS gateway library for CMPP, SGIP and SMGP
Version: $version
Libs: -L\${libdir} -lsanwang
Libs.private: $native
Cflags: -I\${includedir}
END

cat >"$to/lib/cmake/sanwang/sanwangConfig.cmake" <<END
# sanwang::sanwang is the shared object, sanwang::static the archive.
get_filename_component(_sanwang_prefix "\${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET sanwang::sanwang)
    add_library(sanwang::sanwang SHARED IMPORTED)
    set_target_properties(sanwang::sanwang PROPERTIES
        IMPORTED_LOCATION "\${_sanwang_prefix}/lib/libsanwang.so.$version"
        IMPORTED_SONAME "$soname"
        INTERFACE_INCLUDE_DIRECTORIES "\${_sanwang_prefix}/include")
    add_library(sanwang::static STATIC IMPORTED)
    set_target_properties(sanwang::static PROPERTIES
        IMPORTED_LOCATION "\${_sanwang_prefix}/lib/libsanwang.a"
        IMPORTED_LINK_INTERFACE_LANGUAGES C
        INTERFACE_INCLUDE_DIRECTORIES "\${_sanwang_prefix}/include"
        INTERFACE_LINK_LIBRARIES "$native")
endif()
unset(_sanwang_prefix)
END

cat >"$to/lib/cmake/sanwang/sanwangConfigVersion.cmake" <<END
# Functions and fields are only ever added: a newer library serves an older header of the same number before the
# first point.
set(PACKAGE_VERSION "$version")
if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
endif()
if(PACKAGE_FIND_VERSION_MAJOR STREQUAL "${version%%.*}" AND NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
END
echo "sanwang $version is installed in $prefix"
