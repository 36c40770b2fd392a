SELECT 'CREATE ROLE "note-taker" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'note-taker') \gexec
SELECT 'CREATE ROLE "wiki" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wiki') \gexec
SELECT 'CREATE DATABASE notes OWNER "note-taker" TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C''' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'notes') \gexec
SELECT 'CREATE DATABASE wiki OWNER "wiki" TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C''' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'wiki') \gexec
