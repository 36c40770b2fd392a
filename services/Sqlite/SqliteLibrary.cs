using System.Runtime.InteropServices;
using SQLitePCL;

namespace Sqlite;

/// <summary>Leads the SQLite package to Debian's own library: the package's copy would miss the security updates of the machine.</summary>
internal static class SqliteLibrary
{
    private const string Wanted = "e_sqlite3";
    private const string Debians = "libsqlite3.so.0";

    // A static constructor runs once however many files a process opens: the resolver may be set only once.
    static SqliteLibrary()
    {
        NativeLibrary.SetDllImportResolver(
            typeof(SQLite3Provider_e_sqlite3).Assembly,
            (name, _, _) => name == Wanted ? NativeLibrary.Load(Debians) : IntPtr.Zero);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
    }

    /// <summary>Makes the library ready.</summary>
    /// <exception cref="SqliteException">It is not on this computer.</exception>
    public static void Use()
    {
        try
        {
            raw.sqlite3_libversion_number();
        }
        catch (Exception error) when (error is DllNotFoundException || error.InnerException is DllNotFoundException)
        {
            throw new SqliteException(0, $"There is no {Debians} here. Install the package libsqlite3-0.", error);
        }
    }
}
