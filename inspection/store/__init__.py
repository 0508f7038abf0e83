"""The station's file: schema, migrations, decisions, saved frames' index, rolls, seals."""
